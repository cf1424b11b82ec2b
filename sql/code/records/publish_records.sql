-- What every write leaves behind, once a call: history, outbox, dirty marks of the persons behind contacts and leads, and
-- the audit row (last, because its chain is locked until commit).
create or replace function publish_records(p_object jsonb, p_context jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
declare
    v_name text := p_object ->> 'object';
    v_ids uuid[];
    v_known uuid[];
    v_records jsonb;
    v_nodes bigint[];
begin
    with written as materialized (
        select u.i, u.n, (u.i ->> 'id')::uuid as id, u.i ->> 'outcome' as outcome, coalesce(u.i -> 'changes', '{}') as changes
        from unnest(p_items) with ordinality u (i, n)
        where u.i ->> 'outcome' in ('created', 'updated', 'deleted', 'restored', 'merged', 'unmerged')),
    kept as (
        insert into record_history (object, record_id, version, at, actor, cause, source, action, changes)
        select v_name, w.id, (w.i ->> 'version')::integer, now(), p_context ->> 'actor', p_context ->> 'cause',
            (p_context ->> 'source')::smallint,
            case w.outcome when 'created' then 'create' when 'updated' then 'update' when 'deleted' then 'delete'
                when 'merged' then 'merge' when 'unmerged' then 'undo' else 'restore' end,
            w.changes
        from written w order by w.n),
    told as (
        insert into outbox (topic, key, payload, at)
        select v_name || '.' || w.outcome, w.i ->> 'id',
            jsonb_build_object('object', v_name, 'id', w.i -> 'id', 'version', w.i -> 'version', 'cause', p_context -> 'cause',
                'fields', to_jsonb(array(select jsonb_object_keys(w.changes) k order by k))),
            now()
        from written w order by w.n)
    select array_agg(w.id),
        -- A new contact or lead has its node with it.
        array_agg(w.id) filter (where w.outcome <> 'created' and v_name in ('contact', 'lead') or v_name = 'opportunity'),
        array_agg((w.i ->> 'node')::bigint) filter (
            where w.outcome = 'created' and v_name in ('contact', 'lead') and w.i ->> 'node' is not null),
        jsonb_agg(jsonb_build_array(w.i -> 'id', w.outcome, w.i -> 'version'))
    into v_ids, v_known, v_nodes, v_records
    from written w;
    if v_ids is null then
        return;
    end if;
    if v_known is not null then
        v_nodes := coalesce(v_nodes, '{}') || record_nodes(v_name, v_known)
            || array(select n::bigint from unnest(p_items) i, jsonb_array_elements_text(i -> 'nodes') n
                where i ->> 'outcome' = 'deleted');
    end if;
    if cardinality(v_nodes) > 0 then
        insert into dirty (nodes, at) values (array(select distinct n from unnest(v_nodes) n order by n), now());
    end if;
    perform append_audit(
        p_context ->> 'actor', v_name || '.' || case when p_context ->> 'cause' = 'edit' then 'write' else split_part(p_context ->> 'cause', ':', 1) end,
        v_name, case when cardinality(v_ids) = 1 then v_ids[1]::text else '' end,
        jsonb_build_object('source', p_context -> 'source', 'records', v_records));
end
$$;
