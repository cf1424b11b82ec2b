-- No lead is lost or counted twice on the way to the months.
select f.leads, l.leads as made
from (select coalesce(sum(leads), 0) as leads from {{ ref('lead_funnel_monthly') }}) as f,
    (select count(*) as leads from {{ source('tandem', 'leads') }}) as l
where f.leads <> l.leads
