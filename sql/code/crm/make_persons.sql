-- Makes a person of one identifier for each given identifier that nobody owns, and answers the nodes that it made. The caller holds the
-- buckets of the identifiers (hold_persons).
create or replace function make_persons(p_types text[], p_values text[], p_source smallint, p_at timestamptz) returns bigint[]
language plpgsql
as $$
declare
    v_sequence regclass := pg_get_serial_sequence('node', 'id');
    v_types text[];
    v_values text[];
    v_nodes bigint[];
    v_labels bigint[];
    v_public uuid[];
begin
    select array_agg(u.type), array_agg(u.value), array_agg(nextval(v_sequence)),
        array_agg(nextval('component_label')), array_agg(uuidv7())
    into v_types, v_values, v_nodes, v_labels, v_public
    from (select distinct d.type, d.value from unnest(p_types, p_values) d (type, value)) u
    where (select x.node from identifier x where x.type = u.type and x.value = u.value) is null;
    if v_types is null then
        return '{}';
    end if;
    -- The profile as refresh_profiles would show it: there is nothing else to say of somebody new.
    with entered as (
        insert into node (id, public_id, component, created_at)
        select u.node, u.id, u.label, clock_timestamp() from unnest(v_nodes, v_public, v_labels) u (node, id, label)),
    made as (
        insert into component (label, profile_id, public_node, identifiers)
        select u.label, u.id, u.node, 1 from unnest(v_labels, v_public, v_nodes) u (label, id, node)),
    attached as (
        insert into identifier (type, value, node, attached_at, source)
        select u.type, u.value, u.node, p_at, p_source from unnest(v_types, v_values, v_nodes) u (type, value, node)
        order by u.type collate "C", u.value collate "C")
    insert into profiles (profile_id, user_id, email, phone)
    select u.id, case u.type when 'user_id' then u.value end, case u.type when 'email' then u.value end,
        case u.type when 'phone' then u.value end
    from unnest(v_public, v_types, v_values) u (id, type, value)
    order by u.id;
    return v_nodes;
end
$$;
