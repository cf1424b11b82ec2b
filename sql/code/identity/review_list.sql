-- Reviews in a state, oldest first, each with the profiles it is about and their first identifiers (see review_show).
-- p_after_at, p_after_id: the last one of the page before; p_reason: only these. An open likeness that cannot be decided any more, as one of the
-- profiles was merged, separated, erased or suppressed meanwhile, is left out.
create or replace function review_list(
    p_state text, p_after_at timestamptz, p_after_id uuid, p_limit int4, p_reason text default null
) returns table (created_at timestamptz, id uuid, review jsonb)
language plpgsql stable
as $$
begin
    return query
    select r.created_at, r.id, review_show(r.id)
    from review r
    where r.state = p_state and (p_reason is null or r.reason = p_reason)
      and (r.state <> 'open' or r.reason <> 'likeness' or likeness_stands(r.home, r.nodes[1])) and (p_after_at is null or (r.created_at, r.id) > (p_after_at, p_after_id))
    order by r.created_at, r.id
    limit p_limit;
end
$$;
