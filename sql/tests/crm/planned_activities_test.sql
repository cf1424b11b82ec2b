-- planned_activities: what is due on a day is overdue only behind the midnight that ends it where its owner is; what is due at a time, from
-- then on.
select plan(15);

create function pg_temp.make(p_object text, p_data jsonb) returns uuid
language sql as $$
    select w.id from write_records(p_object, 0::int2, 40::int2, '2026-01-01', 'tests', 'edit',
        jsonb_build_array(jsonb_build_object('op', 'create', 'data', p_data))) w
$$;
create function pg_temp.task(p_subject text, p_owner text, p_due jsonb) returns uuid
language sql as $$
    select pg_temp.make('activity', p_due || jsonb_build_object(
        'type', 'task', 'status', 'planned', 'subject', p_subject, 'owner_id', (select u.id from users u where u.name = p_owner)))
$$;
-- How a task stands at a moment; the tenant is in Berlin.
create function pg_temp.state(p_subject text, p_now timestamptz) returns text
language sql as $$
    select p.state from planned_activities(null, null, null, 'Europe/Berlin', p_now, 100) p where p.activity ->> 'subject' = p_subject
$$;

select ok(pg_temp.make('user', '{"name": "Tokyo", "time_zone": "Asia/Tokyo"}') is not null, 'a user in Tokyo');
select ok(pg_temp.make('user', '{"name": "Nowhere", "time_zone": "Middle/Earth"}') is not null, 'a user in a zone that nobody knows');
select ok(
    bool_and(pg_temp.task(t.subject, t.owner, t.due::jsonb) is not null), 'their tasks')
from (values
    ('tokyo', 'Tokyo', '{"due_date": "2026-03-10"}'), ('nowhere', 'Nowhere', '{"due_date": "2026-03-10"}'),
    ('nobody', null, '{"due_date": "2026-03-10"}'), ('timed', 'Tokyo', '{"due_at": "2026-03-10T12:00:00Z"}'),
    ('summer', null, '{"due_date": "2026-03-29"}'), ('far', 'Tokyo', '{"due_date": "2026-03-18"}'), ('open', 'Tokyo', '{}')
) t (subject, owner, due);

-- The tenth ends at 15:00 UTC in Tokyo, at 23:00 UTC in Berlin.
select is(pg_temp.state('tokyo', '2026-03-10 14:59:59Z'), 'today', 'until the midnight of its owner it is today''s');
select is(pg_temp.state('tokyo', '2026-03-10 15:00:00Z'), 'overdue', 'and overdue from then on');
select is(pg_temp.state('nobody', '2026-03-10 22:59:59Z'), 'today', 'what is nobody''s has the tenant''s midnight');
select is(pg_temp.state('nobody', '2026-03-10 23:00:00Z'), 'overdue', 'and is overdue behind it');
select is(pg_temp.state('nowhere', '2026-03-10 22:59:59Z'), 'today', 'so has that of an owner whose zone nobody knows');
select is(pg_temp.state('timed', '2026-03-10 11:59:59Z'), 'today', 'what is due at a time is not overdue before it');
select is(pg_temp.state('timed', '2026-03-10 12:00:01Z'), 'overdue', 'and is behind it, on the same day');
select is(pg_temp.state('summer', '2026-03-29 21:59:59Z'), 'today', 'the day that clocks are put forward ends an hour earlier');
select is(pg_temp.state('summer', '2026-03-29 22:00:00Z'), 'overdue', 'and no later');
select results_eq(
    $$ select p.activity ->> 'subject', p.state from planned_activities(
        (select u.id from users u where u.name = 'Tokyo'), null, 7, 'Europe/Berlin', '2026-03-10 13:00Z', 10) p $$,
    $$ values ('timed', 'overdue'), ('tokyo', 'today') $$, 'one owner''s within seven days, the most urgent first');
select is(pg_temp.state('far', '2026-03-11 00:00+09'), 'week', 'seven days from today are within the week');
select is(
    array(select due_state(null, d, 'UTC', '2026-03-10Z') from (values ('2026-03-18'::date), (null)) v (d)), '{later,someday}',
    'then comes later, and without a date someday');

select * from finish();
