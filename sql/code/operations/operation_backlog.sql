-- What waits to be done for the tenant or is being done: how many operations, and since when the oldest of them.
create or replace function operation_backlog(out p_running integer, out p_oldest_at timestamptz)
language sql stable
as $$
    select count(*)::integer, min(o.created_at) from operation o where o.state = 'running'
$$;
