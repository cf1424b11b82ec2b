-- count_known_messages: what ingest would answer duplicate, without entering anything.
select plan(7);

update dedupe_state set generation = 0, rotated_at = now(), rotations = 0, window_days = 7;
select send('m', 'track', '2026-01-01', '{user_id, u}');
select send('i', 'track', '2026-01-01', '{user_id, u}', p_flags => 224 + 16);
create function pg_temp.keys(text[]) returns uuid[] language sql
as $$ select array_agg(coalesce(e.event_id, gen_random_uuid())) from unnest($1) m(id) left join event_log e on e.message_id = m.id $$;

select is(count_known_messages('{}'), 0::bigint, 'nothing of nothing');
select is(count_known_messages(pg_temp.keys('{m, i, new}')), 2::bigint, 'what is stored is known');
select is(count_known_messages(pg_temp.keys('{m, m, i}')), 3::bigint, 'also twice');
select is(
    count_known_messages(array['01234567-89ab-8def-8123-456789abcdef', '01234567-89ab-8def-8123-456789abcdef']::uuid[]),
    1::bigint, 'a new one is known the second time');

select rotate_dedupe(now() + interval '7 days');
update dedupe_state set rotated_at = now() - interval '1 hour';
select is(count_known_messages(pg_temp.keys('{m, i}')), 2::bigint, 'the generation before is still known');
select rotate_dedupe(now() + interval '14 days');
select is(count_known_messages(pg_temp.keys('{m, i}')), 1::bigint, 'what is two generations old is new again, but for imports');
select is((select count(*) from dedupe_0), 2::bigint, 'nothing was entered');

select * from finish();
