-- Reviews in a state, oldest first, each with the profiles it is about and their first identifiers (see review_show).
-- p_after_at, p_after_id: the last one of the page before.
create or replace function review_list(
    p_state text, p_after_at timestamptz, p_after_id uuid, p_limit int4
) returns table (id uuid, created_at timestamptz, review jsonb)
language plpgsql stable
as $$
begin
    return query
    select r.id, r.created_at, review_show(r.id)
    from review r
    where r.state = p_state and (p_after_at is null or (r.created_at, r.id) > (p_after_at, p_after_id))
    order by r.created_at, r.id
    limit p_limit;
end
$$;
