-- Sets anew what contacts show of their person: profile_id from their node, and each fed field (email, phone,
-- first_name, last_name, title) to the best by (rank, time, message id) over the contact's own edits and imports and
-- what trusted events said of the person. Called when an event, a merge or an undo changed the person. A field on which
-- nobody says anything (any more) is empty.
create or replace function refold_contacts(p_contacts uuid[]) returns void
language plpgsql
as $$
declare
    v_items jsonb[];
    v_object jsonb;
    v_context jsonb := jsonb_build_object('source', 0, 'rank', 0, 'actor', 'tandem', 'cause', 'person');
begin
    if cardinality(p_contacts) = 0 or to_regclass('contacts') is null then
        return;
    end if;
    v_object := describe_object('contact');
    with held as materialized (
        select c.id, c.version, c.profile_id, to_jsonb(c) as old
        from contacts c where c.id = any (p_contacts) order by c.id for no key update),
    opinion as (
        select f.record_id as id, f.field, f.value, f.rank, f.at, f.message_id
        from field_source f
        where f.record_id = any (p_contacts) and f.field in (select k.field from person_field_keys() k)
        union all
        select s.contact_id, s.field, s.value, s.rank, s.at, s.message_id
        from contact_said(p_contacts, array_fill(null::bigint, array[cardinality(p_contacts)])) s),
    best as (
        select distinct on (o.id, o.field) o.id, o.field, o.value
        from opinion o order by o.id, o.field, o.rank desc, o.at desc, o.message_id collate "C" desc),
    field as (
        select h.id, k.field, coalesce(b.value, 'null') as value
        from held h
        cross join (select distinct p.field from person_field_keys() p) k
        left join best b on b.id = h.id and b.field = k.field),
    fresh as (
        select f.id, jsonb_object_agg(f.field, f.value)
            || jsonb_build_object(
                'email_norm', normal_form_of('email', max(f.value #>> '{}') filter (where f.field = 'email')),
                'phone_e164', normal_form_of('phone', max(f.value #>> '{}') filter (where f.field = 'phone'))) as new
        from field f
        group by f.id)
    select array_agg(jsonb_build_object('idx', 0, 'id', h.id, 'op', 'update', 'old', h.old,
        'new', (
            select coalesce(jsonb_object_agg(n.key, n.value), '{}')
            from jsonb_each(f.new || jsonb_build_object('profile_id', coalesce(k.profile_id, h.profile_id))) n
            where coalesce(h.old -> n.key, 'null') <> n.value)) order by h.id)
    into v_items
    from held h
    join fresh f on f.id = h.id
    left join lateral (
        select o.profile_id from component o
        where o.label = (
            select n.component from node n where n.id = (select l.node from contact_node l where l.contact_id = h.id))
        offset 0) k on true;
    v_items := update_records(v_object, v_items);
    perform sync_channels(array(
        select (i ->> 'id')::uuid from unnest(v_items) i where i ->> 'outcome' = 'updated' order by 1));
    perform publish_records(v_object, v_context, v_items);
end
$$;
