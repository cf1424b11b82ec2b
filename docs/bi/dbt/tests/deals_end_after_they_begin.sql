-- Time goes forward.
select lead_id from {{ ref('lead_funnel') }} where won_at < opportunity_at
