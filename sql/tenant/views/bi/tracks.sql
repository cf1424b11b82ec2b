-- module: cdp
create view tracks as
select
    e.message_id as id,
    e.event_id,
    c.profile_id,
    e.account_id,
    (
        select i.value from identifier i where i.node = e.node and i.type = 'user_id' order by i.attached_at, i.value limit 1
    ) as user_id,
    (
        select i.value from identifier i where i.node = e.node and i.type = 'anonymous_id'
        order by i.attached_at, i.value limit 1
    ) as anonymous_id,
    lower(regexp_replace(e.name, '[^A-Za-z0-9]+', '_', 'g')) as event,
    e.name as event_text,
    e.ts as "timestamp",
    e.payload ->> 'originalTimestamp' as original_timestamp,
    e.received_at,
    e.session as session_id,
    s.name as source,
    e.payload #>> '{context,ip}' as context_ip,
    e.payload #>> '{context,locale}' as context_locale,
    e.payload #>> '{context,timezone}' as context_timezone,
    e.payload #>> '{context,userAgent}' as context_user_agent,
    e.payload #>> '{context,library,name}' as context_library_name,
    e.payload #>> '{context,library,version}' as context_library_version,
    e.payload #>> '{context,page,path}' as context_page_path,
    e.payload #>> '{context,page,referrer}' as context_page_referrer,
    e.payload #>> '{context,page,search}' as context_page_search,
    e.payload #>> '{context,page,title}' as context_page_title,
    e.payload #>> '{context,page,url}' as context_page_url,
    e.payload #>> '{context,campaign,name}' as context_campaign_name,
    e.payload #>> '{context,campaign,source}' as context_campaign_source,
    e.payload #>> '{context,campaign,medium}' as context_campaign_medium,
    e.payload #>> '{context,campaign,term}' as context_campaign_term,
    e.payload #>> '{context,campaign,content}' as context_campaign_content,
    coalesce(e.payload -> 'properties', '{}'::jsonb) as properties,
    coalesce(e.payload -> 'context', '{}'::jsonb) as context
from event_log e
left join node n on n.id = e.node
left join component c on c.label = n.component
left join source s on s.id = e.source
where e.type = 'track';
comment on view tracks is 'Every track call, with the columns of Segment''s warehouse.';
comment on column tracks.id is 'The sender''s id of the message.';
comment on column tracks.event_id is 'A hash of the message id; unique within the dedupe window.';
comment on column tracks.profile_id is 'The live profile, or null when unassigned.';
comment on column tracks.account_id is 'The account of the call, else the only account of its home node; fixed at ingest.';
comment on column tracks.user_id is 'The user id of the node that was home when the event came; null for anonymous ones, also when they were joined later.';
comment on column tracks.anonymous_id is 'The first anonymous id of the node that was home when the event came.';
comment on column tracks.event is 'The event''s name in snake_case, as Segment names its table.';
comment on column tracks.event_text is 'The event''s name as sent.';
comment on column tracks."timestamp" is 'When it happened, after clock correction.';
comment on column tracks.original_timestamp is 'The time as sent, as text, where the clock rule changed it.';
comment on column tracks.received_at is 'When the server took it.';
comment on column tracks.session_id is 'context.sessionId.';
comment on column tracks.source is 'The name of the source.';
comment on column tracks.context_ip is 'context.ip: where the call came from.';
comment on column tracks.context_locale is 'context.locale.';
comment on column tracks.context_timezone is 'context.timezone.';
comment on column tracks.context_user_agent is 'context.userAgent.';
comment on column tracks.context_library_name is 'context.library.name: the SDK.';
comment on column tracks.context_library_version is 'context.library.version.';
comment on column tracks.context_page_path is 'context.page.path.';
comment on column tracks.context_page_referrer is 'context.page.referrer.';
comment on column tracks.context_page_search is 'context.page.search.';
comment on column tracks.context_page_title is 'context.page.title.';
comment on column tracks.context_page_url is 'context.page.url.';
comment on column tracks.context_campaign_name is 'context.campaign.name (utm_campaign).';
comment on column tracks.context_campaign_source is 'context.campaign.source (utm_source).';
comment on column tracks.context_campaign_medium is 'context.campaign.medium (utm_medium).';
comment on column tracks.context_campaign_term is 'context.campaign.term (utm_term).';
comment on column tracks.context_campaign_content is 'context.campaign.content (utm_content).';
comment on column tracks.properties is 'The properties, as sent.';
comment on column tracks.context is 'The context, as sent.';
