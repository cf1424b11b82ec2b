-- module: cdp
create view events as
select
    e.event_id, e.message_id, c.profile_id, e.account_id, e.type, e.name as event, e.ts, e.received_at,
    e.session as session_id, s.name as source, coalesce(e.payload -> 'properties', '{}'::jsonb) as properties
from event_log e
left join node n on n.id = e.node
left join component c on c.label = n.component
left join source s on s.id = e.source;
comment on view events is 'Every stored event, under the profile that it belongs to now.';
comment on column events.event_id is 'A hash of the message id; unique within the dedupe window.';
comment on column events.message_id is 'The sender''s id of the message.';
comment on column events.profile_id is 'The live profile, or null: the event''s identifiers were all blocked, or its source may not identify.';
comment on column events.account_id is 'The account that the call named, else the only account of its home node; fixed at ingest.';
comment on column events.type is 'track, page, screen, identify, group or alias.';
comment on column events.event is 'The event''s or page''s name.';
comment on column events.ts is 'When it happened, after clock correction.';
comment on column events.received_at is 'When the server took it.';
comment on column events.session_id is 'context.sessionId.';
comment on column events.source is 'The name of the source.';
comment on column events.properties is 'The properties, as sent.';
