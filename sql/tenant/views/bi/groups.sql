-- module: cdp
create view groups as
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
    coalesce(m.group_id, a.group_id) as group_id,
    a.name,
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
    coalesce(e.payload -> 'context', '{}'::jsonb) as context,
    coalesce(e.payload -> 'traits', '{}'::jsonb) as traits
from event_log e
left join node n on n.id = e.node
left join component c on c.label = n.component
left join source s on s.id = e.source
left join membership m on m.node = e.node and m.message_id = e.message_id and not m."left"
left join accounts a on a.id = e.account_id
where e.type = 'group';
comment on view groups is 'Every group call, with the columns of Segment''s warehouse; what it said of the account stands in accounts.';
comment on column groups.id is 'The sender''s id of the message.';
comment on column groups.event_id is 'A hash of the message id; unique within the dedupe window.';
comment on column groups.profile_id is 'The live profile, or null when unassigned.';
comment on column groups.account_id is 'The account of the call, else the only account of its home node; fixed at ingest.';
comment on column groups.user_id is 'The user id of the node that was home when the event came; null for anonymous ones, also when they were joined later.';
comment on column groups.anonymous_id is 'The first anonymous id of the node that was home when the event came.';
comment on column groups.group_id is 'The group id; for a repeated call of one person to one group it is that of the account.';
comment on column groups.name is 'The account''s name now.';
comment on column groups."timestamp" is 'When it happened, after clock correction.';
comment on column groups.original_timestamp is 'The time as sent, as text, where the clock rule changed it.';
comment on column groups.received_at is 'When the server took it.';
comment on column groups.session_id is 'context.sessionId.';
comment on column groups.source is 'The name of the source.';
comment on column groups.context_ip is 'context.ip: where the call came from.';
comment on column groups.context_locale is 'context.locale.';
comment on column groups.context_timezone is 'context.timezone.';
comment on column groups.context_user_agent is 'context.userAgent.';
comment on column groups.context_library_name is 'context.library.name: the SDK.';
comment on column groups.context_library_version is 'context.library.version.';
comment on column groups.context_page_path is 'context.page.path.';
comment on column groups.context_page_referrer is 'context.page.referrer.';
comment on column groups.context_page_search is 'context.page.search.';
comment on column groups.context_page_title is 'context.page.title.';
comment on column groups.context_page_url is 'context.page.url.';
comment on column groups.context_campaign_name is 'context.campaign.name (utm_campaign).';
comment on column groups.context_campaign_source is 'context.campaign.source (utm_source).';
comment on column groups.context_campaign_medium is 'context.campaign.medium (utm_medium).';
comment on column groups.context_campaign_term is 'context.campaign.term (utm_term).';
comment on column groups.context_campaign_content is 'context.campaign.content (utm_content).';
comment on column groups.context is 'The context, as sent.';
comment on column groups.traits is 'What the call said of the account, as sent.';
