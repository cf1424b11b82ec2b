-- A profile as the API shows it, ids without prefixes. p_id may be the id of a profile that was merged: the surviving one is
-- answered. Raises TD001.
create or replace function profile_show(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_label bigint := profile_label(p_id);
begin
    return (
        select jsonb_build_object(
            'id', c.profile_id, 'user_id', p.user_id,
            'anonymous_ids', i.anonymous_ids, 'identifiers', i.identifiers,
            'traits', coalesce((select jsonb_object_agg(t.trait, t.value) from component_traits(c.label) t), '{}'),
            'first_seen_at', iso_time(p.first_seen_at), 'last_seen_at', iso_time(p.last_seen_at),
            'accounts', component_accounts(c.label), 'audiences', '[]'::jsonb,
            'merged_ids', n.merged_ids, 'version', n.version
        )
        from component c
        join profiles p on p.profile_id = c.profile_id
        cross join lateral (
            select
                coalesce(jsonb_agg(x.value order by x.attached_at, x.value) filter (where x.type = 'anonymous_id'), '[]')
                    as anonymous_ids,
                coalesce(jsonb_agg(
                    jsonb_build_object(
                        'type', x.type, 'value', x.value, 'first_seen_at', iso_time(x.attached_at), 'source', s.name
                    )
                    order by x.attached_at, x.type, x.value
                ), '[]') as identifiers
            from node n
            join identifier x on x.node = n.id
            left join source s on s.id = x.source
            where n.component = c.label
        ) i
        cross join lateral (
            select
                coalesce(jsonb_agg(n.public_id order by n.created_at, n.id) filter (where n.id <> c.public_node), '[]')
                    as merged_ids,
                -- Rises with every change of the profile: its rows were last written by this transaction.
                greatest(max(n.xmin::text::bigint), c.xmin::text::bigint, p.xmin::text::bigint) as version
            from node n
            where n.component = c.label
        ) n
        where c.label = v_label
    );
end
$$;
