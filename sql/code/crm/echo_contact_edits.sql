-- CRM to CDP: what a hand said of the fed fields of linked contacts becomes traits of their persons with source crm (0).
-- Such a trait comes before what events say; a clearing by hand is a tombstone. Does nothing for what is a trait already.
create or replace function echo_contact_edits(p_contacts uuid[]) returns void
language plpgsql
as $$
declare
    v_labels bigint[];
begin
    with edit as (
        select l.node, f.field, f.value, f.at, f.message_id, (extract(epoch from f.at) * 1000000)::bigint as us
        from field_source f
        join contact_node l on l.contact_id = f.record_id
        join node n on n.id = l.node
        where f.record_id = any (p_contacts) and f.source = 0 and f.rank = 40
            and f.field in (select k.field from person_field_keys() k)
            and (not n.trait_ts ? f.field or trait_order(n.trait_ts -> f.field) collate "C" < trait_order(
                jsonb_build_array((extract(epoch from f.at) * 1000000)::bigint, f.message_id, 0)))),
    kept as (
        insert into trait_record (node, ts, message_id, source, delta)
        select e.node, e.at, e.message_id, 0, jsonb_object_agg(e.field, e.value)
        from edit e group by e.node, e.at, e.message_id),
    newest as (
        select distinct on (e.node, e.field) e.node, e.field, e.value, e.us, e.message_id
        from edit e order by e.node, e.field, e.us desc, e.message_id collate "C" desc),
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
