-- Opportunities with the time that they began: the first proven stay in a stage, which for imported ones is before they were made here.
select
    o.id as opportunity_id, o.account_id, o.status, o.amount, o.currency, o.closed_at,
    least(o.created_at, min(s.entered_at)) as began_at
from {{ source('tandem', 'opportunities') }} as o
left join {{ source('tandem', 'opportunity_stages') }} as s on s.opportunity_id = o.id
group by o.id
