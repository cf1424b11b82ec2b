-- module: cdp
create view sessions as
select
    e.session as session_id, c.profile_id, min(e.ts) as started_at, max(e.ts) as ended_at,
    extract(epoch from max(e.ts) - min(e.ts))::bigint as duration_s, count(*) as events,
    count(*) filter (where e.type in ('page', 'screen')) as pages,
    (array_agg(e.payload #>> '{context,page,path}' order by e.ts, e.seq)
        filter (where e.payload #>> '{context,page,path}' is not null))[1] as entry_path,
    (array_agg(e.payload #>> '{context,page,referrer}' order by e.ts, e.seq)
        filter (where e.payload #>> '{context,page,referrer}' is not null))[1] as referrer,
    (array_agg(e.payload #>> '{context,campaign,source}' order by e.ts, e.seq)
        filter (where e.payload #>> '{context,campaign,source}' is not null))[1] as campaign_source,
    (array_agg(e.account_id order by e.ts, e.seq) filter (where e.account_id is not null))[1] as account_id
from event_log e
left join node n on n.id = e.node
left join component c on c.label = n.component
where e.session is not null
group by e.session, c.profile_id;
comment on view sessions is 'Events of one context.sessionId and one profile. Events without a session id are in no session.';
comment on column sessions.session_id is 'context.sessionId.';
comment on column sessions.profile_id is 'The live profile, or null for unassigned events.';
comment on column sessions.started_at is 'Timestamp of the first event.';
comment on column sessions.ended_at is 'Timestamp of the last event.';
comment on column sessions.duration_s is 'Seconds between the first and the last event.';
comment on column sessions.events is 'Number of events.';
comment on column sessions.pages is 'Number of page and screen calls.';
comment on column sessions.entry_path is 'context.page.path of the first event that has one.';
comment on column sessions.referrer is 'context.page.referrer of the first event that has one.';
comment on column sessions.campaign_source is 'context.campaign.source of the first event that has one.';
comment on column sessions.account_id is 'The account of the first event that has one.';
