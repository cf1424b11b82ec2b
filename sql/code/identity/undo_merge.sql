-- Undoes the merge of that id, or of that ref, and answers it. A dry run does the same and takes it back: its answer has "dry_run",
-- "plan", what the undo changes (see identity_plan), and, where records were merged with the profiles, "records": what comes back
-- of them and what cannot (see undo_record_merge). Raises TD001, TD009, TD010, and of records TD013.
create or replace function undo_merge(p_id uuid, p_ref text, p_actor text, p_dry_run boolean default false) returns jsonb
language plpgsql
as $$
declare
    v_merge record;
    v_records uuid;
    v_ends bigint[];
    v_before jsonb;
    v_after jsonb;
    v_done jsonb;
    v_undo jsonb;
begin
    select m.id, m.ref into v_merge from merge m where m.id = p_id or (p_id is null and m.ref = p_ref);
    if not found then
        raise exception 'no such merge' using errcode = 'TD001';
    end if;
    if p_dry_run then
        v_ends := array(select u.node from edge e, unnest(array[e.a, e.b]) u(node) where e.merge = v_merge.id);
        v_before := profile_states(v_ends);
        begin
            v_done := undo_merge(v_merge.id, null, p_actor);
            select r.undo into v_undo from record_merge r where r.profile_merge = v_merge.id;
            v_after := profile_states(v_ends);
            raise exception 'dry run' using errcode = 'TDDRY';
        exception
            when sqlstate 'TDDRY' then null;
        end;
        return (v_done - array['undone_at', 'undone_by']) || jsonb_build_object(
            'dry_run', true, 'plan', identity_plan(v_before, v_after)
        ) || case when v_undo is null then '{}' else jsonb_build_object('records', v_undo) end;
    end if;
    -- A merge of records and that of their persons are one operation.
    select r.id into v_records from record_merge r where r.profile_merge = v_merge.id and r.state = 'applied';
    if found then
        perform undo_record_merge(v_records, p_actor, false);
        return merge_show(v_merge.id);
    end if;
    perform split_merge(v_merge.ref, p_actor, now());
    insert into dirty (nodes, at)
    select array_agg(distinct u.node), now() from edge e, unnest(array[e.a, e.b]) u(node) where e.merge = v_merge.id;
    perform append_audit(p_actor, 'merge.undo', 'merge', v_merge.id::text, '{}');
    return merge_show(v_merge.id);
end
$$;
