-- The contacts of a component as a JSON array of {"id", "name", "fields"}: what they say, without what says when and by whom.
create or replace function component_contacts(p_label bigint) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select coalesce(jsonb_agg(
            jsonb_build_object(
                'id', c.row -> 'id', 'name', record_name(c.row),
                'fields', c.row - array[
                    'id', 'profile_id', 'name', 'email_norm', 'phone_e164', 'normalizer_version', 'version', 'created_at', 'created_by',
                    'updated_at'
                ]
            )
            order by c.row ->> 'id'
        ), '[]')
        from (
            select to_jsonb(k) as row
            from node n
            cross join lateral (select o.contact_id from contact_node o where o.node = n.id offset 0) l
            join contacts k on k.id = l.contact_id
            where n.component = p_label
        ) c
    );
end
$$;
