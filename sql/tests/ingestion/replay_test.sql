-- replay_page and replay_batch: pages in each person's order, a cursor that moves with them, and no second event.
select plan(9);

select send('a1', 'track', '2026-01-01', '{user_id, a}');
select send('b1', 'track', '2026-01-02', '{user_id, b}');
select send('a2', 'identify', '2026-01-03', '{user_id, a}', p_traits => '{"plan": "pro"}');
select send('b2', 'page', '2026-01-04', '{user_id, b}');
select operation_start('00000000-0000-7000-8000-000000000001', 'event_replay', '{}', 4, 'tests');
create function pg_temp.page(p_limit int4) returns text language sql
as $$
    select string_agg(message_id || case when wanted then '' else '-' end || case when at_end then '.' else '' end, ' ')
    from replay_page('00000000-0000-7000-8000-000000000001', p_limit)
$$;

select is(pg_temp.page(10), 'a1 a2 b1 b2.', 'one person after the other, in order of time');
select is(pg_temp.page(3), 'a1 a2 b1', 'as many as asked for');
update operation o
set (cursor_at, cursor_id) = (
    select p.ts, p.place from replay_page(o.id, 2) p order by p.ts desc limit 1)
where o.id = '00000000-0000-7000-8000-000000000001';
select is(pg_temp.page(10), 'b1 b2.', 'behind the cursor');
update operation set cursor_at = null, cursor_id = null, input = '{"type": "page"}';
select is(pg_temp.page(10), 'b2.', 'what the filter means');
update operation set input = '{"type": "track", "after": "2026-01-02"}';
select is(pg_temp.page(10), 'b1 b2-.', 'and how far it was looked');
select is((replay_summary('{"type": "track", "after": "2026-01-02"}') ->> 'count')::int, 1, 'the count agrees');
update operation set input = '{}';

update node set traits = '{}', trait_ts = '{}';
select replay_batch(
    '00000000-0000-7000-8000-000000000001', max(p.ts), '00000000-0000-7000-8000-000000000009', 0, array_agg(p.node),
    array_agg(p.event_id), array_agg(p.message_id), array_agg(p.type), array_agg(p.ts), array_agg(224),
    array_agg(p.source), array_agg(p.traits), array_agg(p.group_id), '{}', '{}', '{}', '{}', '{}', '{}', '{}',
    array_agg(null::text), array_agg(null::text), null)
from replay_page('00000000-0000-7000-8000-000000000001', 10) p;
select is((select traits from node where traits <> '{}'), '{"plan": "pro"}', 'traits are folded again');
select is((select count(*) from event_log) + (select count(*) from trait_record), 5::bigint, 'nothing is stored twice');
select is(
    (select (done, counts, cursor_id)::text from operation where id = '00000000-0000-7000-8000-000000000001'),
    '(4,"{""replayed"": 4}",00000000-0000-7000-8000-000000000009)', 'the operation counts them and knows its place');

select * from finish();
