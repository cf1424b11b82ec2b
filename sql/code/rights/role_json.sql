-- A role as the API shows it.
create or replace function role_json(p_id uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'id', r.id, 'name', r.name, 'description', r.description,
        'grants', (
            select coalesce(jsonb_object_agg(o.object, o.levels), '{}')
            from (
                select g.object, jsonb_object_agg(g.action, g.level) as levels from role_grant g where g.role_id = r.id group by g.object
            ) o
        ),
        'fields', (
            select coalesce(jsonb_object_agg(o.object, o.access), '{}')
            from (
                select f.object, jsonb_object_agg(f.field, f.access) as access from role_field f where f.role_id = r.id group by f.object
            ) o
        ),
        'users', (select count(*) from users u where u.role_ids @> array[r.id]),
        'created_at', iso_time(r.created_at), 'updated_at', iso_time(r.updated_at), 'created_by', r.created_by, 'version', r.version
    )
    from role r
    where r.id = p_id
$$;
