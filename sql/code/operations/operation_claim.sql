-- Gives the caller the tenant's oldest operation (p_id null), or the one it names, to work on until the lease ends, if nobody
-- else works on one: a tenant's operations are done one after the other. Those of types that the caller does not know (p_types)
-- wait for one who does, and hold up nothing. No row: there is nothing to do now.
create or replace function operation_claim(p_id uuid, p_lease uuid, p_seconds integer, p_types text[])
returns table (id uuid, type text, total bigint)
language plpgsql
as $$
declare
    v_running uuid[];
begin
    -- All of them, so that two callers come one after the other.
    v_running := array(
        select c.id from operation c where c.state = 'running' order by c.created_at, c.id for update
    );
    if exists (
        select from operation o
        where o.id = any (v_running) and o.leased_until > clock_timestamp() and o.lease is distinct from p_lease
    ) then
        return;
    end if;
    return query
    update operation o
    set started_at = coalesce(o.started_at, clock_timestamp()), lease = p_lease,
        leased_until = clock_timestamp() + make_interval(secs => p_seconds)
    where o.id = (
        select c.id from operation c
        where c.id = any (v_running) and c.state = 'running' and c.type = any (p_types) and (p_id is null or c.id = p_id)
        order by c.created_at, c.id
        limit 1
    )
    returning o.id, o.type, o.total;
end
$$;
