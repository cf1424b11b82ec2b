-- Accounts whose people did something, by week (Monday, UTC).
select
    date_trunc('week', ts at time zone 'UTC')::date as week,
    count(distinct account_id) as active_accounts,
    count(distinct profile_id) as active_people,
    count(distinct event_id) as events
from {{ ref('behaviour') }}
where account_id is not null
group by 1
