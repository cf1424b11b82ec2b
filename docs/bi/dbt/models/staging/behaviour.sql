-- What people did: the events of accounts, and by whom. An event without an account of its own counts for all accounts of its person.
select e.event_id, e.ts, e.type, e.event, e.profile_id, coalesce(e.account_id, p.account_id) as account_id
from {{ source('tandem', 'events') }} as e
left join {{ ref('people_of_accounts') }} as p on e.account_id is null and p.profile_id = e.profile_id
where e.type in ('track', 'page', 'screen')
