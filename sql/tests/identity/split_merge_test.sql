-- split_merge: edges go off, ends are kept apart for ever, nothing else moves.
select plan(10);

select send('1', 'identify', '2026-01-01', '{user_id, u}', '{"plan": "old"}');
select send('2', 'identify', '2026-01-02', '{anonymous_id, a}', '{"plan": "new"}');
create temp table before as
select profile_of('user_id', 'u') as u, profile_of('anonymous_id', 'a') as a;
select send('join', 'track', '2026-01-03', '{user_id, u, anonymous_id, a}');
select is(
    (select value from component_traits((select component from node where id = owner_of('user_id', 'u'))) where trait = 'plan'),
    '"new"', 'merged, the later trait shows');

select set_eq(
    $$ select unnest(split_merge('join', 'tests', '2026-01-04')) $$, $$ select u from before union select a from before $$,
    'an undo answers the profiles there are now: those of before');
select results_eq(
    $$ select profile_of('user_id', 'u'), profile_of('anonymous_id', 'a') $$, $$ select u, a from before $$,
    'each identifier is back with its profile');
select results_eq(
    $$ select state, undone_by, undone_at from merge where ref = 'join' $$,
    $$ select 'undone', 'tests', timestamptz '2026-01-04' $$, 'the merge says who undid it, and when');
select is((select bool_or(active) from edge), false, 'its edges are off');
select results_eq(
    $$ select a, b, cause, ref from separation $$,
    $$ select least(x, y), greatest(x, y), 'undo', 'join'
       from (select owner_of('user_id', 'u') as x, owner_of('anonymous_id', 'a') as y) e $$,
    'its ends are separated');
select is(
    (select value from component_traits((select component from node where id = owner_of('user_id', 'u'))) where trait = 'plan'),
    '"old"', 'each side shows its own traits again');

select send('again', 'track', '2026-01-05', '{user_id, u, anonymous_id, a}');
select isnt(profile_of('user_id', 'u'), profile_of('anonymous_id', 'a'), 'an event cannot redo it');

select throws_ok($$ select split_merge('join', 'tests', now()) $$, 'TD009', null, 'a merge is undone once');
select throws_ok($$ select split_merge('unknown', 'tests', now()) $$, 'TD001', null, 'an unknown ref is refused');

select * from finish();
