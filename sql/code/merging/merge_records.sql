-- Merges records of one object (account, contact, lead) into p_winner, as one transaction, and answers what was done: {"id", "object", "winner", "losers",
-- "at", "actor", "fields": {field: {"old", "new", "from"}}, "conflicts", "warnings", "moved": {relation: rows}, "united":
-- {relation: rows}, "profile_merge"}. The winner keeps what it says, the losers fill its gaps in their order; p_choose: {field: {"from": id} |
-- {"value": any}} decides otherwise. All that belongs or refers to a loser is the winner's, the persons behind contacts and
-- leads are joined, the losers' ids lead to the winner. undo_record_merge takes it back. A dry run does the same and takes
-- it back at once; its answer has no ids of merges.
-- Raises TD001; TD020 of a winner that was merged away, TD021 of a loser that was (detail: {"id", "merged_into"}); TD004; TD010;
-- TD013 of a converted lead; TD018 without the right to merge all of them.
create or replace function merge_records(
    p_object text, p_winner uuid, p_losers uuid[], p_choose jsonb, p_actor text, p_dry_run boolean
) returns jsonb
language plpgsql
set timezone to 'UTC'
set jit to off
as $$
declare
    v_object jsonb := describe_object(p_object);
    v_ids uuid[] := p_winner || p_losers;
    v_rows jsonb[];
    v_ends bigint[];
    v_done jsonb;
    v_roles text := current_setting('tandem.roles', true);
begin
    -- The order of locks that ingest has: persons before records.
    v_ends := record_persons(p_object, v_ids);
    perform await_components(v_ends);
    v_rows := lock_merged(v_object, p_winner, p_losers);
    -- Who may merge the records moves all that belongs to them, whosever it is.
    perform set_config('tandem.roles', '', true);
    begin
        v_done := carry_out_merge(v_object, v_rows, coalesce(p_choose, '{}'), record_persons(p_object, v_ids), p_actor);
        if p_dry_run then
            raise exception 'dry run' using errcode = 'TDDRY';
        end if;
    exception
        when sqlstate 'TDDRY' then
            v_done := jsonb_build_object('dry_run', true) || (v_done - array['id', 'at', 'actor']) || jsonb_build_object(
                'profile_merge', v_done -> 'profile_merge' <> 'null'
            );
    end;
    perform set_config('tandem.roles', coalesce(v_roles, ''), true);
    return v_done;
end
$$;
