-- Requests, newest first. p_after_at, p_after_id: the last one of the page before.
create or replace function privacy_request_list(
    p_kind text, p_after_at timestamptz, p_after_id uuid, p_limit integer
) returns table (created_at timestamptz, id uuid, request jsonb)
language sql stable
as $$
    select r.created_at, r.id, privacy_request_show(r.id)
    from privacy_request r
    where (p_kind is null or r.kind = p_kind) and (p_after_at is null or (r.created_at, r.id) < (p_after_at, p_after_id))
    order by r.created_at desc, r.id desc
    limit p_limit
$$;
