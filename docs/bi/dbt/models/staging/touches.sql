-- Each time that a campaign brought somebody: pages and events with a campaign in their context, one a session and campaign.
with named as (
    select profile_id, session_id, "timestamp" as ts, context_campaign_name, context_campaign_source, context_campaign_medium
    from {{ source('tandem', 'pages') }}
    union all
    select profile_id, session_id, "timestamp", context_campaign_name, context_campaign_source, context_campaign_medium
    from {{ source('tandem', 'tracks') }}
)
select
    profile_id,
    coalesce(context_campaign_name, context_campaign_source) as campaign,
    context_campaign_source as campaign_source,
    context_campaign_medium as campaign_medium,
    min(ts) as touched_at
from named
where profile_id is not null and coalesce(context_campaign_name, context_campaign_source) is not null
group by profile_id, coalesce(session_id, ts::text), context_campaign_name, context_campaign_source, context_campaign_medium
