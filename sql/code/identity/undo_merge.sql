-- Undoes the merge of that id, or of that ref, and answers it. Raises TD001, TD009, TD010.
create or replace function undo_merge(p_id uuid, p_ref text, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_merge record;
    v_records uuid;
begin
    select m.id, m.ref into v_merge from merge m where m.id = p_id or (p_id is null and m.ref = p_ref);
    if not found then
        raise exception 'no such merge' using errcode = 'TD001';
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
    return merge_show(v_merge.id);
end
$$;
