-- Makes a person of one identifier for each given identifier that nobody owns. Writers that bring the same one make it one
-- after the other: its bucket is locked first, as ingest does.
create or replace function make_persons(p_types text[], p_values text[], p_source smallint, p_at timestamptz) returns void
language plpgsql
as $$
declare
    v_types text[];
    v_values text[];
    v_nodes bigint[];
    v_labels bigint[];
    v_public uuid[];
begin
    perform from (
        select b.id from lock_bucket b
        where b.id = any (array(
            select distinct identifier_bucket(u.type, u.value)
            from unnest(p_types, p_values) u (type, value)
            where not exists (select from identifier x where x.type = u.type and x.value = u.value)))
        order by b.id for update) b;
    select array_agg(u.type), array_agg(u.value), array_agg(nextval(pg_get_serial_sequence('node', 'id'))),
        array_agg(nextval('component_label')), array_agg(uuidv7())
    into v_types, v_values, v_nodes, v_labels, v_public
    from (select distinct d.type, d.value from unnest(p_types, p_values) d (type, value)) u
    where not exists (select from identifier x where x.type = u.type and x.value = u.value);
    if v_types is null then
        return;
    end if;
    perform write_identities(
        null::text, v_nodes, v_labels, v_public, v_types, v_values, v_nodes, v_labels,
        array(select n::integer from generate_series(1, cardinality(v_types)) n),
        array_fill(null::uuid, array[cardinality(v_types)]), array_fill(p_at, array[cardinality(v_types)]),
        array_fill(p_source, array[cardinality(v_types)]));
    perform refresh_profiles(null::text, v_labels);
end
$$;
