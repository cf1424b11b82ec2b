-- What the caller may do, for the part of the rights that is not asked in SQL: {"actor", "objects": {object: {"condition",
-- "levels": {action: level}, "fields": {field: none|read}}}}; parts of Tandem that are no objects too. Of several roles the widest access to a field holds, among those that
-- read the object at all.
create or replace function caller_rights() returns jsonb
language plpgsql stable
as $$
declare
    v_roles uuid[] := current_setting('tandem.roles')::uuid[];
begin
    return jsonb_build_object(
        'actor', (
            select 'user:' || coalesce(u.email, u.id::text) from users u where u.id = nullif(current_setting('tandem.user', true), '')::uuid
        ),
        'objects', (
            select jsonb_object_agg(o.object, jsonb_build_object(
                'condition', record_condition(o.object),
                'levels', (
                    select jsonb_object_agg(a, case when o.shared and a <> 'read' and level_of(o.object, a) <> 'all' then 'none'
                        else level_of(o.object, a) end)
                    from unnest(array['create', 'read', 'edit', 'delete', 'assign', 'export', 'merge']) a
                ),
                'fields', (
                    select coalesce(jsonb_object_agg(f.field, f.access) filter (where f.access <> 'edit'), '{}')
                    from (
                        select n.field, (array['none', 'read', 'edit'])[max(array_position(
                            array['none', 'read', 'edit'], coalesce(x.access, 'edit')))] as access
                        from (select distinct y.field from role_field y where y.object = o.object and y.role_id = any (v_roles)) n
                        cross join unnest(v_roles) r(id)
                        left join role_field x on x.role_id = r.id and x.object = o.object and x.field = n.field
                        where exists (
                            select from role_grant g
                            where g.role_id = r.id and g.action = 'read' and g.level <> 'none'
                                and (g.object = o.object or g.object = '*' and not exists (
                                    select from role_grant h where h.role_id = r.id and h.action = 'read' and h.object = o.object))
                        )
                        group by n.field
                    ) f
                )
            ))
            from (
                select d.object, d.shared from object_description d
                union all
                select unnest(array['profile', 'setting', 'role']), false
            ) o
        ));
end
$$;
