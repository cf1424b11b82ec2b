-- plan_violations_add, plan_violations_expire: the last reading of an event counts, and counts outlive the events.
select plan(5);

create function noted(p_event text, p_keyword text, p_at timestamptz) returns integer language sql as $$
    select plan_violations_add(
        array[md5(p_event)::uuid], array[p_at], array[p_event], '{1}', array['00000000-0000-7000-8000-000000000001'::uuid], '{1}',
        '{track}', '{A}', '{allow}',
        array[jsonb_build_array(jsonb_build_object('pointer', '/properties/a', 'keyword', p_keyword, 'message', 'No.'))])
$$;
select noted('a', 'type', '2026-01-01 10:10Z'), noted('b', 'type', '2026-01-01 10:20Z'), noted('c', 'enum', '2026-01-01 11:00Z');
select noted('b', 'enum', '2026-01-01 12:00Z');
select results_eq(
    $$ select violations -> 0 ->> 'keyword', received_at from plan_violation where message_id = 'b' $$,
    $$ values ('enum', timestamptz '2026-01-01 10:20Z') $$, 'what was noted before is replaced, but for its time');
create temp table before as select plan_violation_counts('{}', true, 100) as counts;
select is((select (counts ->> 'count')::int4 from before), 3, 'three violations');
select is(plan_violations_expire('2026-01-01 11:00Z', 1), 1, 'events go in portions');
select is(plan_violations_expire('2026-01-01 11:00Z', 10), 1, 'those that were received before');
select is(plan_violation_counts('{}', true, 100), (select counts from before), 'their counts stay');

select * from finish();
