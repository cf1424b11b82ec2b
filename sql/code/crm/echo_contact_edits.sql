-- CRM to CDP: a hand edit of a fed field of a linked contact becomes a trait of its person with source crm (0). Such a
-- trait comes before what events say; a clearing by hand is a tombstone.
create or replace function echo_contact_edits(p_context jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
declare
    v_labels bigint[];
begin
    if (p_context ->> 'rank')::integer <> 40 then
        return;
    end if;
    with edit as (
        select l.node, (i ->> 'at')::timestamptz as at, i ->> 'message_id' as message_id,
            jsonb_object_agg(c.key, c.value) as delta
        from unnest(p_items) i
        join contact_node l on l.contact_id = (i ->> 'id')::uuid
        cross join lateral jsonb_each(i -> 'claims') c
        where i ->> 'outcome' in ('created', 'updated') and c.key in (select k.field from person_field_keys() k)
            and i -> 'changes' ? c.key
        group by l.node, i ->> 'id', 2, 3),
    kept as (
        insert into trait_record (node, ts, message_id, source, delta)
        select e.node, e.at, e.message_id, 0, e.delta from edit e),
    newest as (
        select distinct on (e.node, d.key) e.node, d.key, d.value, e.at, e.message_id
        from edit e, jsonb_each(e.delta) d
        order by e.node, d.key, e.at desc, e.message_id collate "C" desc),
    fold as (
        select w.node, jsonb_object_agg(w.key, w.value) as traits,
            jsonb_object_agg(w.key, jsonb_build_array(
                (extract(epoch from w.at) * 1000000)::bigint, w.message_id, 0)) as trait_ts
        from newest w
        join node n on n.id = w.node
        where not n.trait_ts ? w.key
            or trait_order(n.trait_ts -> w.key) collate "C" <= trait_order(jsonb_build_array(
                (extract(epoch from w.at) * 1000000)::bigint, w.message_id, 0))
        group by w.node),
    changed as (
        update node n
        set traits = (n.traits || f.traits) - array(select k from jsonb_each(f.traits) e (k, v) where v = 'null'), trait_ts = n.trait_ts || f.trait_ts
        from fold f
        where n.id = f.node
        returning n.component)
    select array_agg(distinct component) into v_labels from changed;
    if v_labels is not null then
        perform refresh_profiles(v_labels);
    end if;
end
$$;
