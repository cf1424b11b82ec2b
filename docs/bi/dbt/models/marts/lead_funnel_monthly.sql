-- Leads by the month that they came, how many became deals, and how many of those were won.
select
    date_trunc('month', lead_at)::date as month,
    count(*) as leads,
    count(*) filter (where reached in ('opportunity', 'won')) as opportunities,
    count(*) filter (where reached = 'won') as won,
    round(count(*) filter (where reached = 'won')::numeric / count(*), 4) as won_share,
    coalesce(sum(won_amount), 0) as won_amount
from {{ ref('lead_funnel') }}
group by 1
