-- How the persons behind an account, a contact or a lead came: {"first", "campaign"}, each {"at", "received_at", "event_id", "type", "event", "page", "referrer", "source",
-- "medium", "campaign", "term", "content", "profile_id"} or null. `first` is the earliest event that tells a page, a referrer or a campaign, `campaign` the earliest
-- that names a campaign or its source. Of an account the earliest of all its people. Looked for among the first events of each of at most 1,000 nodes
-- of each kind (record_timeline_nodes), by their key: some 2,000 events, at most 200 a node. Null without events.
create or replace function record_origin(p_object text, p_id uuid) returns jsonb
language plpgsql stable
set jit to off
as $$
declare
    v_contacts uuid[] := case when p_object = 'contact' then array[p_id] else '{}' end;
    v_nodes bigint[];
    v_each integer;
begin
    if to_regclass('event_log') is null then
        return null;
    end if;
    if p_object = 'account' and to_regclass('contacts') is not null then
        v_contacts := readable_ids('contact', array(select c.contact_id from account_contacts c where c.account_id = p_id limit 1000));
    end if;
    v_nodes := record_timeline_nodes(p_object, p_id, v_contacts);
    v_each := greatest(1, least(200, 2000 / greatest(1, cardinality(v_nodes))));
    return (
        with touch as materialized (
            select e.ts, e.seq, t.source, t.campaign, jsonb_build_object(
                'at', iso_time(e.ts), 'received_at', iso_time(e.received_at), 'event_id', e.event_id, 'type', e.type, 'event', e.name, 'page', t.page, 'referrer', t.referrer,
                'source', t.source, 'medium', t.medium, 'campaign', t.campaign, 'term', t.term, 'content', t.content, 'node', e.node
            ) as touch
            from unnest(v_nodes) n(id)
            cross join lateral (select l.* from event_log l where l.node = n.id order by l.ts, l.seq limit v_each) e
            cross join lateral event_touch(e.payload) t
            where coalesce(t.page, t.referrer, t.source, t.medium, t.campaign) is not null
        )
        select jsonb_object_agg(k.name, case when k.touch is not null then k.touch - 'node' || jsonb_build_object('profile_id', (
            select c.profile_id
            from node o
            join component c on c.label = o.component
            where o.id = (k.touch ->> 'node')::bigint and level_of('profile', 'read') = 'all'
        )) end)
        from (
            values
                ('first', (select x.touch from touch x order by x.ts, x.seq limit 1)),
                ('campaign', (select x.touch from touch x where coalesce(x.campaign, x.source) is not null order by x.ts, x.seq limit 1))
        ) k(name, touch)
    );
end
$$;
