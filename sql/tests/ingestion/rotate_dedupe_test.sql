-- rotate_dedupe: a message id is known for at least one window, and forgotten after three.
select plan(10);

update dedupe_state set generation = 0, rotated_at = now(), rotations = 0, window_days = 7;
select send('m', 'track', '2026-01-01', '{user_id, u}');
select send('i', 'track', '2026-01-01', '{user_id, u}', p_flags => 224 + 16);
select is(rotate_dedupe(now() + interval '6 days'), false, 'nothing turns within the window');
select is(rotate_dedupe(now() + interval '7 days'), true, 'after it the next generation begins');
select is((select generation from dedupe_state), 1::int2, 'which the state names');
select is(rotate_dedupe(now() + interval '8 days'), false, 'once a window');

-- The state as it is when the overlap after the rotation has passed.
update dedupe_state set rotated_at = now() - interval '1 hour';
select is(send('m', 'track', '2026-01-01', '{user_id, u}'), 'duplicate', 'the generation before is still known');
select is(rotate_dedupe(now() + interval '14 days'), true, 'it turns again');
update dedupe_state set rotated_at = now() - interval '1 hour';
select is(send('m', 'track', '2026-01-01', '{user_id, u}'), 'accepted', 'what is two generations old is new again');
select is(send('i', 'track', '2026-01-01', '{user_id, u}'), 'duplicate', 'but an import is known for ever');
select is(rotate_dedupe(now() + interval '21 days'), true, 'the first table is taken again');
select is((select count(*) from dedupe_0), 0::bigint, 'emptied');

select * from finish();
