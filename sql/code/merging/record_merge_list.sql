-- Merges of records, newest first: of one object, of one record (as winner or loser), in one state, as far as given. p_before: the
-- last one of the page before.
create or replace function record_merge_list(
    p_object text, p_record uuid, p_state text, p_before uuid, p_limit int4
) returns table (id uuid, merge jsonb)
language plpgsql stable
as $$
begin
    return query
    select m.id, record_merge_json(m.id)
    from record_merge m
    where may_see_merge(m.object, m.winner, m.rows) and (p_object is null or m.object = p_object) and (p_state is null or m.state = p_state)
      and (p_record is null or m.winner = p_record or m.losers @> array[p_record])
      and (p_before is null or m.id < p_before)
    order by m.id desc
    limit p_limit;
end
$$;
