-- Locks the persons whom the new contacts of a wave will be (see choose_persons), in the order that ingest has: the buckets of the identifiers
-- that nobody owns, then components. Writers who bring one new address come one after the other here, so that the second sees
-- the contact of the first. With many new identifiers no bucket is held, because two such calls would nearly always share one and wait for
-- each other from end to end: there the key of identifiers decides, and who comes second does all once more (23505). Adds to each item that wants a person held: {id} or {type, value}, and the person's node if there is one.
create or replace function hold_persons(p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    c_few constant integer := 8;
    v_items jsonb[];
    v_at integer[];
    v_ids uuid[];
    v_types text[];
    v_values text[];
    v_nodes bigint[];
begin
    select array_agg(w.at), array_agg(w.id), array_agg(w.type), array_agg(w.value), array_agg(case
        when w.id is not null then (select n.id from node n where n.public_id = w.id)
        else (select x.node from identifier x where x.type = w.type and x.value = w.value) end)
    into v_at, v_ids, v_types, v_values, v_nodes
    from (
        -- As wanted_persons.
        select u.n as at, (k.person ->> 'id')::uuid as id,
            case when k.person ->> 'id' is null then coalesce(k.person ->> 'type', 'email') end as type,
            coalesce(k.person ->> 'value', u.i #>> '{new,email_norm}') as value
        from unnest(p_items) with ordinality u (i, n)
        cross join lateral (select nullif(u.i -> 'person', 'null') as person) k
        where u.i ? 'created' and not u.i ? 'outcome' and not u.i ? 'node'
            and (k.person is not null or u.i #>> '{new,email_norm}' is not null)) w;
    if v_at is null then
        return p_items;
    end if;
    if array_position(v_nodes, null) is not null and cardinality(v_at) <= c_few then
        perform from (
            select b.id from lock_bucket b
            where b.id = any (array(
                select distinct identifier_bucket(u.type, u.value)
                from unnest(v_types, v_values, v_nodes) u (type, value, node) where u.node is null and u.type is not null))
            order by b.id for update) b;
        v_nodes := find_persons(v_ids, v_types, v_values);
    end if;
    if cardinality(array_remove(v_nodes, null)) > 0 then
        perform await_components(array_remove(v_nodes, null));
    end if;
    select array_agg(
        case when w.at is null then i
            else i || jsonb_build_object('held', jsonb_strip_nulls(
                jsonb_build_object('id', w.id, 'type', w.type, 'value', w.value, 'node', w.node))) end
        order by n)
    into v_items
    from unnest(p_items) with ordinality u (i, n)
    left join unnest(v_at, v_ids, v_types, v_values, v_nodes) w (at, id, type, value, node) on w.at = n;
    return v_items;
end
$$;
