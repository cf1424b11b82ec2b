-- apply_merge: a person's merge, over limits, caps and separations.
select plan(12);

select send('1', 'track', '2026-01-01', '{user_id, u1}');
select send('2', 'track', '2026-01-02', '{user_id, u2}');
create temp table before as select profile_of('user_id', 'u1') as one, profile_of('user_id', 'u2') as two;
create function pg_temp.merge(p_winner jsonb, p_loser jsonb, p_ref text, p_dry_run boolean) returns jsonb
language sql as $$ select apply_merge(p_winner, p_loser, p_ref, '2026-02-01', false, 'tests', p_dry_run) $$;

select is(
    pg_temp.merge('{"type": "user_id", "value": "u2"}', '{"type": "user_id", "value": "u1"}', 'm', true)
        - array['edges', 'plan'],
    (select jsonb_build_object(
        'dry_run', true, 'ref', 'm', 'winner', two, 'loser', one, 'state', 'applied', 'cause', 'manual',
        'effective_at', iso_time('2026-02-01')) from before),
    'a dry run says what would happen');
select is_empty($$ select from merge $$, 'and does nothing');

select is(
    pg_temp.merge(jsonb_build_object('id', (select two from before)), '{"type": "user_id", "value": "u1"}', 'm', false)
        ->> 'state',
    'applied', 'a limit does not stop a person: two user ids become one profile');
select is(profile_of('user_id', 'u1'), (select two from before), 'the winner gives the public id, though it is the younger');
select is((select epoch > 0 from identity_state), true, 'remembered demotions are void');
select results_eq(
    $$ select winner_node, effective_at from merge $$, $$ select owner_of('user_id', 'u2'), timestamptz '2026-02-01' $$,
    'it keeps the winner''s node and the time that the caller gave');

select throws_ok(
    $$ select pg_temp.merge('{"type": "user_id", "value": "u1"}', '{"type": "user_id", "value": "u2"}', 'n', false) $$,
    'TD006', null, 'both ends in one profile are refused');
select throws_ok(
    $$ select pg_temp.merge('{"type": "user_id", "value": "u1"}', '{"type": "user_id", "value": "nobody"}', 'n', false) $$,
    'TD008', null, 'an identifier that nobody owns is refused');
select send('3', 'track', '2026-01-03', '{user_id, u3}');
select throws_ok(
    $$ select pg_temp.merge('{"type": "user_id", "value": "u1"}', '{"type": "user_id", "value": "u3"}', 'm', false) $$,
    'TD007', null, 'a ref names one merge for ever');
select throws_ok(
    $$ select pg_temp.merge('{"type": "user_id", "value": "u1"}', '{"type": "user_id", "value": "u3"}', repeat('r', 501), false) $$,
    'TD004', null, 'a ref of more than 500 bytes is refused: a review of it would not fit');
select lives_ok(
    $$ select pg_temp.merge('{"type": "user_id", "value": "u1"}', '{"type": "user_id", "value": "u3"}', repeat('r', 500), false) $$,
    'one of 500 is taken');
select is_empty($$ select * from check_identity() $$, 'what is derived agrees');

select * from finish();
