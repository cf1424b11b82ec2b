-- Decides what each given value does. Adds to an item: new (the fields that change, with their values) and claims (the
-- values to keep per source). Only objects with ranks weigh: per field the best of (rank, time, message id) over all
-- sources shows, and for a contact linked to a person also over what trusted events said of that person. A column made
-- from another (companions) follows it.
create or replace function weigh_fields(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[];
    v_ids uuid[];
    v_companions jsonb := p_object -> 'companions';
begin
    if not (p_object ->> 'ranked')::boolean then
        select array_agg(
            i || jsonb_build_object('new', coalesce((
                select jsonb_object_agg(g.key, g.value)
                from jsonb_each(i -> 'given') g
                where coalesce(i -> 'old' -> g.key, 'null') <> g.value
                    and (not i ? 'only_empty' or coalesce(i -> 'old' -> g.key, 'null') = 'null')), '{}'))
            order by n)
        into v_items from unnest(p_items) with ordinality u (i, n);
        return v_items;
    end if;
    if not exists (select from unnest(p_items) i where not i ? 'outcome' and (not i ? 'created' or i ? 'node')) then
        -- Nobody has said anything of records that are new.
        select array_agg(
            i || jsonb_build_object(
                'new', (select coalesce(jsonb_object_agg(g.key, g.value), '{}') from jsonb_each(i -> 'given') g where g.value <> 'null'),
                'claims', coalesce(i -> 'given', '{}') - array(select jsonb_object_keys(v_companions)))
            order by n)
        into v_items from unnest(p_items) with ordinality u (i, n);
        return v_items;
    end if;
    with item as (
        select n, i, (i ->> 'id')::uuid as record_id, (i ->> 'at')::timestamptz as at, i ->> 'message_id' as message_id,
            (p_context ->> 'rank')::smallint as rank, (p_context ->> 'source')::smallint as source
        from unnest(p_items) with ordinality u (i, n)),
    said as (
        select i.n, t.field, t.value, t.rank, t.at, t.message_id
        from (
            select array_agg(n) as ns, array_agg((i ->> 'id')::uuid) as ids,
                array_agg((i ->> 'node')::bigint) as nodes
            from item where not i ? 'outcome') a,
            contact_said(case when p_object ->> 'object' = 'contact' then a.ids end, a.nodes) t
        join item i on i.record_id = t.contact_id),
    proposal as (
        select i.n, i.record_id, g.key as field, g.value, i.rank, i.at, i.message_id, i.source,
            -- What an event said of a linked person is kept with the person, not here.
            i.rank in (10, 30) and exists (select from said s where s.n = i.n and s.field = g.key) as fed
        from item i, jsonb_each(i.i -> 'given') g
        where not i.i ? 'outcome' and not v_companions ? g.key
            and (not i.i ? 'only_empty' or coalesce(i.i -> 'old' -> g.key, 'null') = 'null')),
    opinion as (
        select n, field, value, rank, at, message_id, true as own from proposal where not fed
        union all
        select p.n, p.field, f.value, f.rank, f.at, f.message_id, false
        from proposal p
        cross join lateral (
            select o.* from field_source o where o.record_id = p.record_id and o.field = p.field offset 0) f
        where f.source <> p.source or (f.at, f.message_id collate "C") > (p.at, p.message_id collate "C")
        union all
        select p.n, p.field, s.value, s.rank, s.at, s.message_id, false
        from proposal p join said s on s.n = p.n and s.field = p.field),
    shown as (
        select distinct on (n, field) n, field, value
        from opinion
        order by n, field, rank desc, at desc, message_id collate "C" desc, own desc),
    made as (
        select n, field, value from shown
        union all
        select s.n, c.key, case
            when s.value = i.i -> 'given' -> s.field then coalesce(i.i -> 'given' -> c.key, 'null')
            else coalesce(to_jsonb(normal_form_of(s.field, s.value #>> '{}')), 'null') end
        from shown s join item i using (n) join jsonb_each_text(v_companions) c on c.value = s.field
        where i.i ? 'created' or s.value is distinct from i.i -> 'old' -> s.field
            or i.i -> 'given' ? c.key and s.value = i.i -> 'given' -> s.field
        union all
        select i.n, g.key, g.value
        from item i, jsonb_each(i.i -> 'given') g
        where not i.i ? 'outcome' and v_companions ? g.key and not i.i -> 'given' ? (v_companions ->> g.key)),
    change as (
        select m.n, jsonb_object_agg(m.field, m.value) as new
        from made m join item i using (n)
        where coalesce(i.i -> 'old' -> m.field, 'null') <> m.value
        group by m.n),
    claim as (
        select p.n, jsonb_object_agg(p.field, p.value) as claims from proposal p where not p.fed group by p.n)
    select array_agg(
        i.i || jsonb_build_object('new', coalesce(c.new, '{}'), 'claims', coalesce(l.claims, '{}')) order by i.n)
    into v_items
    from item i left join change c using (n) left join claim l using (n);
    return v_items;
end
$$;
