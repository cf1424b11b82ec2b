-- module: all
create view profile_identifiers as
select c.profile_id, i.type, i.value, i.attached_at as first_seen_at, s.name as source
from identifier i
join node n on n.id = i.node
join component c on c.label = n.component
left join source s on s.id = i.source;
comment on view profile_identifiers is 'What a profile is known by.';
comment on column profile_identifiers.profile_id is 'The live profile.';
comment on column profile_identifiers.type is 'user_id, anonymous_id, email or another type of the identity rules.';
comment on column profile_identifiers.value is 'The value, normalised.';
comment on column profile_identifiers.first_seen_at is 'Timestamp of the event that attached it.';
comment on column profile_identifiers.source is 'The name of the source that attached it.';
