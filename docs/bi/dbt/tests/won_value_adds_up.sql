-- Each way to credit campaigns adds up to what was won, to a cent a campaign.
with won as (
    select coalesce(sum(amount), 0) as amount from {{ ref('deals') }} where status = 'won' and currency = '{{ var("currency") }}'
),
credited as (
    select
        coalesce(sum(first_touch), 0) as first_touch, coalesce(sum(last_touch), 0) as last_touch,
        coalesce(sum(equal_shares), 0) as equal_shares, count(*) as campaigns
    from {{ ref('campaign_won_value') }}
)
select *
from won, credited
where greatest(abs(first_touch - amount), abs(last_touch - amount), abs(equal_shares - amount)) > 0.01 * campaigns
