-- CRM to CDP: what a hand said of the fed fields of linked contacts becomes traits of their persons with source crm (0).
-- Such a trait comes before what events say; a clearing by hand is a tombstone. Does nothing for what is a trait already.
create or replace function echo_contact_edits(p_contacts uuid[]) returns void
language plpgsql
as $$
declare
    v_labels bigint[];
begin
    with edit as (
        select c.id, l.node, f.field, f.value, f.at, f.message_id, (extract(epoch from f.at) * 1000000)::bigint as us
        from unnest(p_contacts) c (id)
        cross join lateral (select o.node from contact_node o where o.contact_id = c.id offset 0) l
        cross join lateral (select o.trait_ts from node o where o.id = l.node offset 0) n
        cross join lateral (select o.* from field_source o where o.record_id = c.id and o.source = 0 and o.rank = 40 offset 0) f
        where f.field in (select k.field from person_field_keys() k)
            and (not n.trait_ts ? f.field or trait_order(n.trait_ts -> f.field) collate "C" < trait_order(
                jsonb_build_array((extract(epoch from f.at) * 1000000)::bigint, f.message_id, 0)))),
    kept as (
        insert into trait_record (node, ts, message_id, source, delta)
        select e.node, e.at, e.message_id, 0, jsonb_object_agg(e.field, e.value)
        from edit e group by e.node, e.at, e.message_id),
    newest as (
        select distinct on (e.node, e.field) e.node, e.field, e.value, e.us, e.message_id
        from edit e order by e.node, e.field, e.us desc, e.message_id collate "C" desc, e.id),
    fold as (
        select w.node, jsonb_object_agg(w.field, w.value) filter (where w.value <> 'null') as present,
            array_agg(w.field) filter (where w.value = 'null') as absent,
            jsonb_object_agg(w.field, jsonb_build_array(w.us, w.message_id, 0)) as stamps
        from newest w group by w.node),
    changed as (
        update node n
        set traits = (n.traits - coalesce(f.absent, '{}')) || coalesce(f.present, '{}'), trait_ts = n.trait_ts || f.stamps
        from fold f
        where n.id = f.node
        returning n.component)
    select array_agg(distinct c.component) into v_labels from changed c;
    if v_labels is not null then
        perform refresh_profiles(null::text, v_labels);
    end if;
end
$$;
