-- How far each lead came. Its deal is the one that it was converted to; without one, the first that began later at an account of the person.
with asked as (
    select profile_id, min("timestamp") as ts
    from {{ source('tandem', 'tracks') }}
    where event_text = 'Form Submitted'
    group by profile_id
),
leads as (
    select
        l.id as lead_id, l.profile_id, l.status as lead_status, l.source, l.converted_opportunity_id,
        least(l.created_at, a.ts) as lead_at
    from {{ source('tandem', 'leads') }} as l
    left join asked as a on a.profile_id = l.profile_id
),
followed as (
    select distinct on (l.lead_id)
        l.lead_id, d.opportunity_id, d.account_id, d.began_at, d.status, d.closed_at, d.amount, d.currency,
        d.opportunity_id = l.converted_opportunity_id as is_converted
    from leads as l
    left join {{ ref('people_of_accounts') }} as p on p.profile_id = l.profile_id
    join {{ ref('deals') }} as d
        on d.opportunity_id = l.converted_opportunity_id
        or l.converted_opportunity_id is null and d.account_id = p.account_id and d.began_at >= l.lead_at
    order by l.lead_id, d.began_at, d.opportunity_id
),
first_touch as (
    select distinct on (l.lead_id) l.lead_id, t.campaign
    from leads as l
    join {{ ref('touches') }} as t on t.profile_id = l.profile_id and t.touched_at <= l.lead_at
    order by l.lead_id, t.touched_at, t.campaign
)
select
    l.lead_id, l.profile_id, l.lead_at, l.lead_status, l.source, t.campaign,
    f.account_id, f.opportunity_id, f.began_at as opportunity_at,
    case when f.opportunity_id is null then null when f.is_converted then 'converted' else 'account' end as followed_by,
    case when f.status = 'won' then f.closed_at end as won_at,
    case when f.status = 'won' and f.currency = '{{ var("currency") }}' then f.amount end as won_amount,
    case when f.status = 'won' then 'won' when f.opportunity_id is not null then 'opportunity' else 'lead' end as reached
from leads as l
left join followed as f on f.lead_id = l.lead_id
left join first_touch as t on t.lead_id = l.lead_id
