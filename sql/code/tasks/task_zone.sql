-- The time zone where the owner of a task is: their own, else the tenant's.
create or replace function task_zone(p_owner uuid) returns text
language sql stable
as $$
    select known_zone(
        (select u.time_zone from users u where u.id = p_owner), coalesce(nullif(current_setting('tandem.zone', true), ''), 'UTC'))
$$;
