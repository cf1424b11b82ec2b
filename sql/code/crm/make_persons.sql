-- Makes the persons of a wave's new contacts whose identifiers nobody owns (held without a node): one of one identifier each. The caller
-- holds the buckets of the identifiers (hold_persons). Items get node and, among their new fields, profile_id; by_email where
-- the person is of the contact's address.
-- What a hand says of a contact is said of its person too (echo_contact_edits); of somebody new it is written at once (echoed), unless
-- several contacts say it.
create or replace function make_persons(p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_sequence regclass := pg_get_serial_sequence('node', 'id');
    v_by_hand boolean := p_context ->> 'rank' = '40' and p_context ->> 'source' = '0';
    v_items jsonb[];
begin
    with item as materialized (
        -- k numbers the identifiers that nobody owns.
        select u.n, u.i, w.type, w.value, case when w.type is not null then
            dense_rank() over (partition by w.type is null order by w.type collate "C", w.value collate "C") end as k
        from unnest(p_items) with ordinality u (i, n)
        cross join lateral (
            select h.held ->> 'type' as type, h.held ->> 'value' as value
            from (select case when not u.i ? 'outcome' and not u.i -> 'held' ? 'node' then u.i -> 'held' end as held) h) w),
    fresh as materialized (
        select f.k, f.type, f.value, nextval(v_sequence) as node, nextval('component_label') as label, uuidv7() as id, t.traits,
            (f.item ->> 'at')::timestamptz as at, f.item ->> 'message_id' as message_id
        from (
            select w.k, w.type, w.value, case when count(*) = 1 and v_by_hand then (array_agg(w.i))[1] end as item
            from item w where w.k is not null group by w.k, w.type, w.value) f
        cross join lateral (
            select jsonb_object_agg(c.key, c.value) as traits
            from jsonb_each(f.item -> 'claims') c
            where c.key in (select k.field from person_field_keys() k) and c.value <> 'null') t),
    entered as (
        insert into node (id, public_id, component, created_at, traits, trait_ts)
        select f.node, f.id, f.label, clock_timestamp(), coalesce(f.traits, '{}'), coalesce((
            select jsonb_object_agg(k, jsonb_build_array((extract(epoch from f.at) * 1000000)::bigint, f.message_id, 0))
            from jsonb_object_keys(f.traits) k), '{}')
        from fresh f),
    made as (
        insert into component (label, profile_id, public_node, identifiers)
        select f.label, f.id, f.node, 1 from fresh f),
    attached as (
        insert into identifier (type, value, node, attached_at, source)
        select f.type, f.value, f.node, (p_context ->> 'at')::timestamptz, (p_context ->> 'source')::smallint from fresh f
        order by f.type collate "C", f.value collate "C"),
    said as (
        insert into trait_record (node, ts, message_id, source, delta)
        select f.node, f.at, f.message_id, 0, f.traits from fresh f where f.traits is not null),
    -- The profile as refresh_profiles and write_promoted would show it: there is nothing else to say of somebody new.
    shown as (
        insert into profiles
        select r.*
        from fresh f
        cross join lateral (
            select jsonb_object_agg(p.column_name, case p.type
                when 'boolean' then to_jsonb(trait_boolean(f.traits -> p.trait))
                when 'numeric' then to_jsonb(trait_numeric(f.traits -> p.trait))
                when 'timestamptz' then to_jsonb(trait_timestamp(f.traits -> p.trait))
                else to_jsonb(f.traits ->> p.trait) end) as columns
            from promoted_trait p where f.traits ? p.trait) t
        cross join lateral jsonb_populate_record(null::profiles, coalesce(t.columns, '{}') || jsonb_build_object(
            'profile_id', f.id,
            'user_id', case f.type when 'user_id' then f.value end,
            'email', coalesce(
                case when jsonb_typeof(f.traits -> 'email') = 'string' then f.traits ->> 'email' end,
                case f.type when 'email' then f.value end),
            'phone', coalesce(
                case when jsonb_typeof(f.traits -> 'phone') in ('string', 'number') then f.traits ->> 'phone' end,
                case f.type when 'phone' then f.value end))) r
        order by f.id)
    select array_agg(
        case when i.k is null then i.i
            else jsonb_set(i.i, '{new,profile_id}', to_jsonb(p.ids[i.k])) || jsonb_build_object('node', p.nodes[i.k])
                || case when p.told[i.k] then jsonb '{"echoed": true}' else '{}' end
                || case when i.type = 'email' and i.value = i.i #>> '{new,email_norm}' then jsonb '{"by_email": true}' else '{}' end end
        order by i.n)
    into v_items
    from item i
    cross join (
        select array_agg(f.id order by f.k) as ids, array_agg(f.node order by f.k) as nodes,
            array_agg(f.traits is not null order by f.k) as told
        from fresh f) p;
    return v_items;
end
$$;
