-- Locks the persons whom the new contacts of a wave will be (see choose_persons), in the order that ingest has: the buckets of the identifiers
-- that nobody owns, then components. Writers who bring one new address come one after the other here, so that the second sees
-- the contact of the first.
create or replace function hold_persons(p_items jsonb[]) returns void
language plpgsql
as $$
declare
    v_ids uuid[];
    v_types text[];
    v_values text[];
    v_nodes bigint[];
begin
    select array_agg(w.id), array_agg(w.type), array_agg(w.value) into v_ids, v_types, v_values from wanted_persons('contact', p_items) w;
    if v_ids is null then
        return;
    end if;
    v_nodes := find_persons(v_ids, v_types, v_values);
    if array_position(v_nodes, null) is not null then
        perform from (
            select b.id from lock_bucket b
            where b.id = any (array(
                select distinct identifier_bucket(u.type, u.value)
                from unnest(v_types, v_values, v_nodes) u (type, value, node) where u.node is null and u.type is not null))
            order by b.id for update) b;
        v_nodes := find_persons(v_ids, v_types, v_values);
    end if;
    v_nodes := array(select distinct n from unnest(v_nodes) n where n is not null);
    if v_nodes <> '{}' then
        perform await_components(v_nodes);
    end if;
end
$$;
