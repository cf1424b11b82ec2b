-- What was won, by the campaign that brought the account's people before: by the first touch, by the last, and in equal shares. What no
-- campaign brought is a row of its own, so that each column adds up to all that was won.
with won as (
    select opportunity_id, account_id, closed_at, amount
    from {{ ref('deals') }}
    where status = 'won' and currency = '{{ var("currency") }}' and amount is not null
),
touched as (
    select
        w.opportunity_id, w.amount, t.campaign,
        row_number() over (partition by w.opportunity_id order by t.touched_at, t.campaign) as from_first,
        row_number() over (partition by w.opportunity_id order by t.touched_at desc, t.campaign) as from_last,
        count(*) over (partition by w.opportunity_id) as touches
    from won as w
    join {{ ref('people_of_accounts') }} as p on p.account_id = w.account_id
    join {{ ref('touches') }} as t on t.profile_id = p.profile_id and t.touched_at <= w.closed_at
),
credited as (
    select
        opportunity_id, campaign,
        case when from_first = 1 then amount else 0 end as first_touch,
        case when from_last = 1 then amount else 0 end as last_touch,
        amount / touches as equal_shares
    from touched
    union all
    select opportunity_id, '(none)', amount, amount, amount
    from won
    where opportunity_id not in (select opportunity_id from touched)
)
select
    campaign,
    count(distinct opportunity_id) as deals,
    round(sum(first_touch), 2) as first_touch,
    round(sum(last_touch), 2) as last_touch,
    round(sum(equal_shares), 2) as equal_shares
from credited
group by campaign
