-- Takes a merge of records back: the losers are there again with what was theirs and was moved by it, as far as that is still the
-- winner's; fields that it filled are as before unless somebody has edited them since; the profiles it joined are apart.
-- What came to the winner since stays there. Answers record_merge_json with "undo": {"returned": {relation: rows}, "missing":
-- {relation: rows}, "kept": [field], "lost": {loser: [field]}}; a dry run answers the same and changes nothing.
-- Raises TD001; TD009; TD010; TD013 while the winner is merged away or in the bin.
create or replace function undo_record_merge(p_id uuid, p_actor text, p_dry_run boolean) returns jsonb
language plpgsql
set timezone to 'UTC'
set jit to off
as $$
declare
    v_merge record;
    v_object jsonb;
    v_row jsonb;
    v_done jsonb;
    v_roles text := current_setting('tandem.roles', true);
begin
    select m.object, m.winner, m.profile_merge, m.rows into v_merge from record_merge m where m.id = p_id;
    if not found or not may_see_merge(v_merge.object, v_merge.winner, v_merge.rows) then
        raise exception 'no such merge' using errcode = 'TD001';
    end if;
    if not may_see_merge(v_merge.object, v_merge.winner, v_merge.rows, 'merge') then
        raise exception 'not allowed' using errcode = 'TD018', detail = refusal(v_merge.object, 'merge');
    end if;
    perform set_config('tandem.roles', '', true);
    v_object := describe_object(v_merge.object);
    perform await_components(record_persons(v_merge.object, array[v_merge.winner]) || array(
        select u.node from edge e, unnest(array[e.a, e.b]) u(node) where e.merge = v_merge.profile_merge
    ));
    execute format('select to_jsonb(t) from %I t where t.id = $1 for update', v_object ->> 'relation')
    into v_row using v_merge.winner;
    select m.* into v_merge from record_merge m where m.id = p_id for update;
    if v_merge.state = 'undone' then
        raise exception 'the merge was undone before' using errcode = 'TD009';
    elsif v_row is null then
        raise exception 'the winner is not there' using errcode = 'TD013', detail = case
            when exists (select from record_redirect r where r.old_id = v_merge.winner)
                then 'The record was itself merged into another one since; undo that merge first.'
            else 'The record that the others were merged into is in the bin; restore it first.' end;
    end if;
    begin
        v_done := carry_out_undo(v_object, to_jsonb(v_merge), v_row, p_actor);
        if p_dry_run then
            raise exception 'dry run' using errcode = 'TDDRY';
        end if;
    exception
        when sqlstate 'TDDRY' then
            v_done := jsonb_build_object('dry_run', true) || (v_done - array['undone_at', 'undone_by']);
    end;
    perform set_config('tandem.roles', coalesce(v_roles, ''), true);
    return v_done;
end
$$;
