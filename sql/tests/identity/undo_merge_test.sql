-- undo_merge: by id or by ref, in any order, whatever was merged on top.
select plan(8);

select send(x, 'track', '2026-01-01', array['anonymous_id', x]) from unnest('{a, b, c}'::text[]) x;
create temp table before as
select profile_of('anonymous_id', 'a') as a, profile_of('anonymous_id', 'b') as b, profile_of('anonymous_id', 'c') as c;
select send('ab', 'track', '2026-01-02', '{anonymous_id, a, anonymous_id, b}');
select send('bc', 'track', '2026-01-03', '{anonymous_id, b, anonymous_id, c}');
select is((select count(*) from component), 1::bigint, 'a chain of two merges is one profile');

select is(undo_merge(null, 'ab', 'tests') ->> 'state', 'undone', 'the middle of the chain is undone by ref');
select results_eq(
    $$ select profile_of('anonymous_id', 'a'), profile_of('anonymous_id', 'c') $$, $$ select a, b from before $$,
    'only its own edge went: b and c stay together');
select is(undo_merge((select id from merge where ref = 'bc'), null, 'tests') ->> 'undone_by', 'tests', 'the other one by id');
select results_eq(
    $$ select profile_of('anonymous_id', 'a'), profile_of('anonymous_id', 'b'), profile_of('anonymous_id', 'c') $$,
    $$ select a, b, c from before $$, 'all three are as before');

select throws_ok($$ select undo_merge(null, 'ab', 'tests') $$, 'TD009', null, 'a second undo is refused');
select throws_ok($$ select undo_merge(uuidv7(), null, 'tests') $$, 'TD001', null, 'an unknown merge is refused');
select is_empty($$ select * from check_identity() $$, 'what is derived agrees');

select * from finish();
