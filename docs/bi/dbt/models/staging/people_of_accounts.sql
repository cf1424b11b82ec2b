-- A person is of an account by a group call, or as its contact.
select account_id, profile_id
from {{ source('tandem', 'profile_groups') }}
where account_id is not null
union
select m.account_id, c.profile_id
from {{ source('tandem', 'account_contacts') }} as m
join {{ source('tandem', 'contacts') }} as c on c.id = m.contact_id
where c.profile_id is not null
