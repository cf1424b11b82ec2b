-- Gives the caller the tenant's oldest operation (p_id null), or the one it names, to work on until the lease ends, if nobody
-- else works on one: a tenant's operations are done one after the other. No row: there is nothing to do now.
create or replace function operation_claim(p_id uuid, p_lease uuid, p_seconds integer)
returns table (id uuid, kind text, parameters jsonb, total bigint)
language plpgsql
as $$
begin
    perform pg_advisory_xact_lock(hashtextextended(current_schema() || '.operation', 0));
    if exists (
        select from operation o
        where o.state = 'running' and o.leased_until > clock_timestamp() and o.lease is distinct from p_lease
    ) then
        return;
    end if;
    return query
    update operation o
    set lease = p_lease, leased_until = clock_timestamp() + make_interval(secs => p_seconds)
    where o.id = (
        select c.id from operation c
        where c.state = 'running' and (p_id is null or c.id = p_id)
        order by c.created_at, c.id
        limit 1
    )
    returning o.id, o.kind, o.parameters, o.total;
end
$$;
