-- ingest_batch: what becomes of a message, and of a batch.
select plan(14);

select is(send('1', 'track', '2026-01-01', '{user_id, u}'), 'accepted', 'a new message is accepted');
select is(send('1', 'track', '2026-01-02', '{user_id, other}'), 'duplicate', 'a second one of its id is a copy');
select results_eq(
    $$ select message_id, node, ts from event_log $$,
    $$ select '1', owner_of('user_id', 'u'), timestamptz '2026-01-01' $$, 'of which nothing is kept');
select is(owner_of('user_id', 'other'), null::bigint, 'not even its identifiers');

select throws_ok(
    $$ select send('2', 'track', '2026-01-01', '{user_id, u}', p_reading_version => 99) $$,
    'TD011', null, 'rules of another version are refused');
select is(send('2', 'track', '2026-01-01', '{user_id, u}'), 'accepted', 'and the refused message stays new');

select is(send('3', 'track', '2026-01-01', '{}'), 'accepted', 'a message whose identifiers were all blocked is accepted');
select is((select node from event_log where message_id = '3'), 0::bigint, 'and belongs to nobody');

select is(
    send('4', 'track', '2026-01-01', '{user_id, stranger}', p_flags => 0), 'accepted',
    'a source that may not identify is heard');
select is(owner_of('user_id', 'stranger'), null::bigint, 'but makes nobody known');
select send('5', 'track', '2026-01-01', '{user_id, u}', p_flags => 0);
select is((select node from event_log where message_id = '5'), owner_of('user_id', 'u'), 'what it says of somebody known is told to them');

select is(send('6', 'track', '2026-01-01', '{user_id, u}', p_flags => 224 + 16), 'accepted', 'an import is accepted');
select is((select count(*) from dedupe_import), 1::bigint, 'and remembered for ever');
select results_eq(
    $$ select first_at, last_at from activity_seen where node = owner_of('user_id', 'u') $$,
    $$ values (timestamptz '2026-01-01', timestamptz '2026-01-01') $$, 'first and last seen are those of the events');

select * from finish();
