-- One row per account: who its people are, what they did lately, what it bought.
with people as (
    select account_id, count(*) as people from {{ ref('people_of_accounts') }} group by account_id
),
behaviour as (
    select
        account_id, count(*) as events, max(ts) as last_event_at,
        count(*) filter (where ts > now() - interval '{{ var("lately") }} days') as events_lately,
        count(distinct profile_id) filter (where ts > now() - interval '{{ var("lately") }} days') as active_people_lately
    from {{ ref('behaviour') }}
    where account_id is not null
    group by account_id
),
deals as (
    select
        account_id,
        count(*) filter (where status = 'open') as open_deals,
        count(*) filter (where status = 'won') as won_deals,
        sum(amount) filter (where status = 'won' and currency = '{{ var("currency") }}') as won_amount,
        count(*) filter (where status = 'won' and currency <> '{{ var("currency") }}') as won_deals_in_other_currencies,
        max(closed_at) filter (where status = 'won') as last_won_at
    from {{ ref('deals') }}
    where account_id is not null
    group by account_id
)
select
    a.id as account_id, a.name, a.industry, a.lifecycle, coalesce(p.people, 0) as people, coalesce(b.events, 0) as events,
    coalesce(b.events_lately, 0) as events_lately, coalesce(b.active_people_lately, 0) as active_people_lately, b.last_event_at,
    coalesce(d.open_deals, 0) as open_deals, coalesce(d.won_deals, 0) as won_deals, coalesce(d.won_amount, 0) as won_amount,
    coalesce(d.won_deals_in_other_currencies, 0) as won_deals_in_other_currencies, d.last_won_at
from {{ source('tandem', 'accounts') }} as a
left join people as p on p.account_id = a.id
left join behaviour as b on b.account_id = a.id
left join deals as d on d.account_id = a.id
