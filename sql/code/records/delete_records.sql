-- Moves one wave of records to the bin: their row, the rows that belong to them, and which references they nulled. What
-- is kept while used, or referred to by a column that cannot be null, is an error in_use with {relation: rows}.
create or replace function delete_records(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[] := load_records(p_object, p_context, p_items);
    v_used jsonb := uses_of(p_object, v_items);
    v_ids uuid[];
    v_kept jsonb;
begin
    if p_object ->> 'object' = 'user' then
        v_items := keep_administrator(v_items, true);
    end if;
    select array_agg(
        case when i ? 'outcome' then i
            when v_used ? (i ->> 'id') then i || jsonb_build_object('outcome', 'error', 'code', 'in_use',
                'detail', jsonb_build_object('references', v_used -> (i ->> 'id')))
            else i || jsonb_build_object('outcome', 'deleted', 'version', (i -> 'old' ->> 'version')::integer + 1,
                'changes', '{}'::jsonb) end
        order by n)
    into v_items from unnest(v_items) with ordinality u (i, n);
    v_ids := array(select (i ->> 'id')::uuid from unnest(v_items) i where i ->> 'outcome' = 'deleted' order by 1);
    if cardinality(v_ids) = 0 then
        return v_items;
    end if;
    select array_agg(
        case when i ->> 'outcome' = 'deleted'
            then i || jsonb_build_object('nodes', to_jsonb(record_nodes(p_object ->> 'object', array[(i ->> 'id')::uuid])))
            else i end
        order by n)
    into v_items from unnest(v_items) with ordinality u (i, n);
    v_kept := detach_records(p_object, p_context, v_ids);
    insert into bin (object, record_id, data, children, deleted_at, actor)
    select p_object ->> 'object', (i ->> 'id')::uuid, i -> 'old', coalesce(v_kept -> (i ->> 'id'), '{}'), now(),
        p_context ->> 'actor'
    from unnest(v_items) i where i ->> 'outcome' = 'deleted'
    on conflict (record_id) do update
    set data = excluded.data, children = excluded.children, deleted_at = excluded.deleted_at, actor = excluded.actor;
    execute format('delete from %I t where t.id = any ($1)', p_object ->> 'relation') using v_ids;
    return v_items;
end
$$;
