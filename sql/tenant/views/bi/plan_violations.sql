-- module: cdp
create view plan_violations as
select
    v.event_id, v.message_id, v.received_at, s.name as source, t.name as plan, v.version as plan_version, v.type, v.name as event,
    v.action, x.violation ->> 'pointer' as pointer, x.violation ->> 'keyword' as keyword, x.violation ->> 'message' as message
from plan_violation v
cross join lateral jsonb_array_elements(v.violations) x(violation)
left join source s on s.id = v.source
left join tracking_plan t on t.id = v.plan;
comment on view plan_violations is 'Where events did not keep to the tracking plan of their source, one row per violation; for as long as the quarantine keeps events.';
comment on column plan_violations.event_id is 'The event, stored or not.';
comment on column plan_violations.message_id is 'As its sender named it.';
comment on column plan_violations.received_at is 'When it was received first.';
comment on column plan_violations.source is 'The name of the source.';
comment on column plan_violations.plan is 'The name of the plan; null if it was deleted.';
comment on column plan_violations.plan_version is 'The version that it was checked by.';
comment on column plan_violations.type is 'track, page, screen, identify or group.';
comment on column plan_violations.event is 'The name of the event or page; null if it has none.';
comment on column plan_violations.action is 'What became of the event: allow (stored), omit (stored without what did not fit), block (refused), quarantine.';
comment on column plan_violations.pointer is 'Where in the message.';
comment on column plan_violations.keyword is 'The keyword of JSON Schema that it does not fit; unplanned: the plan has no such event.';
comment on column plan_violations.message is 'Words for people.';
