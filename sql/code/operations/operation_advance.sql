-- Notes how far an operation is, and keeps it for the caller for another p_seconds; 0 gives it back. p_error ends it as failed,
-- p_done as done. Returns false if the lease is no longer the caller's: another goes on with it.
create or replace function operation_advance(
    p_id uuid, p_lease uuid, p_seconds integer, p_cursor_at timestamptz, p_cursor_id uuid, p_done boolean, p_error text
) returns boolean
language plpgsql
as $$
begin
    update operation o
    set leased_until = clock_timestamp() + make_interval(secs => p_seconds),
        cursor_at = coalesce(p_cursor_at, o.cursor_at), cursor_id = coalesce(p_cursor_id, o.cursor_id),
        state = case when p_error is not null then 'failed' when p_done then 'done' else o.state end,
        error = case when p_error is not null then jsonb_build_object('message', p_error) end, finished_at = case when p_done or p_error is not null then clock_timestamp() end
    where o.id = p_id and o.lease = p_lease and o.state = 'running';
    return found;
end
$$;
