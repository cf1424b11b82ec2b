-- The overview has every deal that was won and has an account.
select o.won, d.won as made
from (select sum(won_deals) as won from {{ ref('account_overview') }}) as o,
    (select count(*) as won from {{ ref('deals') }} where status = 'won' and account_id is not null) as d
where o.won <> d.won
