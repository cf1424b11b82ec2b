-- Of a change of a user or a team (an item of write_records with old and given), the field by which somebody would get other rights than they
-- have; null: none does. It is what takes the right to edit roles, beside that to edit users:
--   role_ids                          who has which roles
--   email                             of a user with roles other than the caller: an identity provider lets in whoever has the address
--   manager_id, team_id, parent_id    but to none: records of who is below, and of the team, are reached
--   active                            who left comes back, with their roles and to their records
create or replace function widened_field(p_object text, p_item jsonb) returns text
language sql stable
as $$
    select f.field
    from (values
        (1, 'user', 'role_ids', true),
        (2, 'user', 'email', not p_item ? 'created' and coalesce(p_item #> '{old,role_ids}', '[]') not in ('[]', 'null')
            and p_item ->> 'id' is distinct from nullif(current_setting('tandem.user', true), '')),
        (3, 'user', 'manager_id', not p_item ? 'created' and p_item #>> '{given,manager_id}' is not null),
        (4, 'user', 'team_id', not p_item ? 'created' and p_item #>> '{given,team_id}' is not null),
        (5, 'user', 'active', not p_item ? 'created' and p_item #> '{given,active}' = 'true'),
        (6, 'team', 'parent_id', not p_item ? 'created' and p_item #>> '{given,parent_id}' is not null)
    ) f(n, object, field, counts)
    where f.object = p_object and f.counts and p_item -> 'given' ? f.field
        and coalesce(nullif(p_item -> 'given' -> f.field, 'null'), '[]') <> coalesce(nullif(p_item -> 'old' -> f.field, 'null'), '[]')
    order by f.n
    limit 1
$$;
