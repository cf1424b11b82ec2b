-- ensure_event_partitions: a month before now to some after it, each once, none over events that came earlier.
select plan(7);

create function pg_temp.months() returns setof text
language sql as $$
    select c.relname::text from pg_inherits i join pg_class c on c.oid = i.inhrelid
    where i.inhparent = 'event_log'::regclass and c.relname ~ '_y20(50|51)m' order by 1
$$;

select is(ensure_event_partitions('2050-12-15', 1), 3, 'the month before, this one and the next are made');
select results_eq(
    $$ select pg_temp.months() $$, $$ values ('event_log_y2050m11'), ('event_log_y2050m12'), ('event_log_y2051m01') $$,
    'with the year''s end between them');
select is(ensure_event_partitions('2050-12-15', 1), 0, 'a second call makes none');

select send('in', 'track', '2050-12-31 23:59:59.999999+00', '{user_id, u}');
select send('stray', 'track', '2051-02-01 00:00:00+00', '{user_id, u}');
select results_eq(
    $$ select message_id, tableoid::regclass::text ~ 'event_log_y2050m12$' from event_log where message_id = 'in' $$,
    $$ values ('in', true) $$, 'an event lands in its month, which ends in UTC');
select is(
    (select tableoid::regclass::text ~ 'event_log_default$' from event_log where message_id = 'stray'), true,
    'one without a month in the default partition');
select is(ensure_event_partitions('2051-01-15', 2), 1, 'a month that has events there is left out');
select is_empty(
    $$ select pg_temp.months() intersect select 'event_log_y2051m02' $$, 'and stays with them');

select * from finish();
