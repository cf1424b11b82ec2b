-- record_merge_json for a caller. Raises TD001 also for one that the caller may not see.
create or replace function record_merge_find(p_id uuid) returns jsonb
language plpgsql stable
as $$
begin
    if is_restricted() and not exists (select from record_merge m where m.id = p_id and may_see_merge(m.object, m.winner, m.rows)) then
        raise exception 'no such merge' using errcode = 'TD001';
    end if;
    return record_merge_json(p_id);
end
$$;
