-- A profile as it was at p_at, by an id of any of its nodes or by an identifier (normalised): {"id", "as_of", "user_id", "anonymous_ids",
-- "identifiers", "traits", "merged_ids"} as profile_show has them. An id means the profile that its node belonged to at that time. Raises TD001.
create or replace function profile_at(p_id uuid, p_type text, p_value text, p_at timestamptz) returns jsonb
language plpgsql stable
as $$
declare
    v_nodes bigint[] := nodes_at(node_at(p_id, p_type, p_value, p_at), p_at);
    v_public bigint := public_node_at(v_nodes, p_at);
begin
    return (
        select jsonb_build_object(
            'id', (select n.public_id from node n where n.id = v_public), 'as_of', iso_time(p_at),
            'user_id', i.user_id, 'anonymous_ids', i.anonymous_ids, 'identifiers', i.identifiers,
            'traits', traits_at(v_nodes, p_at),
            'merged_ids', (
                select coalesce(jsonb_agg(n.public_id order by n.created_at, n.id), '[]')
                from node n
                where n.id = any (v_nodes) and n.id <> v_public
            )
        )
        from (
            select
                (array_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'user_id'))[1] as user_id,
                coalesce(jsonb_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'anonymous_id'), '[]')
                    as anonymous_ids,
                coalesce(jsonb_agg(
                    jsonb_build_object(
                        'type', x.type, 'value', x.value, 'first_seen_at', iso_time(x.attached_at), 'source', s.name
                    )
                    order by x.attached_at, x.type, x.value
                ), '[]') as identifiers
            from identifiers_at(v_nodes, p_at) x
            left join source s on s.id = x.source
        ) i
    );
end
$$;
