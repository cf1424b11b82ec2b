-- What every write leaves behind, once a call: history, outbox, dirty marks of the persons behind contacts and leads, and
-- the audit row (last, because its chain is locked until commit).
create or replace function publish_records(p_object jsonb, p_context jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
declare
    v_name text := p_object ->> 'object';
    v_written jsonb[] := array(
        select i from unnest(p_items) i where i ->> 'outcome' in ('created', 'updated', 'deleted', 'restored', 'merged', 'unmerged'));
    v_nodes bigint[];
begin
    if cardinality(v_written) = 0 then
        return;
    end if;
    insert into record_history (object, record_id, version, at, actor, cause, source, action, changes)
    select v_name, (i ->> 'id')::uuid, (i ->> 'version')::integer, now(), p_context ->> 'actor', p_context ->> 'cause',
        (p_context ->> 'source')::smallint,
        case i ->> 'outcome' when 'created' then 'create' when 'updated' then 'update' when 'deleted' then 'delete'
            when 'merged' then 'merge' when 'unmerged' then 'undo' else 'restore' end,
        coalesce(i -> 'changes', '{}')
    from unnest(v_written) i;
    insert into outbox (topic, key, payload, at)
    select v_name || '.' || (i ->> 'outcome'), i ->> 'id',
        jsonb_build_object('object', v_name, 'id', i -> 'id', 'version', i -> 'version', 'cause', p_context -> 'cause',
            'fields', (select coalesce(jsonb_agg(k order by k), '[]') from jsonb_object_keys(i -> 'changes') k)),
        now()
    from unnest(v_written) i;
    v_nodes := record_nodes(v_name, array(select (i ->> 'id')::uuid from unnest(v_written) i))
        || array(select n::bigint from unnest(v_written) i, jsonb_array_elements_text(i -> 'nodes') n);
    if cardinality(v_nodes) > 0 then
        insert into dirty (nodes, at) values (array(select distinct n from unnest(v_nodes) n order by n), now());
    end if;
    perform append_audit(
        p_context ->> 'actor', v_name || '.' || case when p_context ->> 'cause' = 'edit' then 'write' else split_part(p_context ->> 'cause', ':', 1) end,
        v_name, case when cardinality(v_written) = 1 then v_written[1] ->> 'id' else '' end,
        (select jsonb_build_object('source', p_context -> 'source', 'records', jsonb_agg(
            jsonb_build_array(i -> 'id', i -> 'outcome', i -> 'version'))) from unnest(v_written) i));
end
$$;
