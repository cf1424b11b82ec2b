-- join_nodes: the one way to merge.
select plan(13);

select send('a', 'track', '2026-01-01', '{user_id, u, email, u@example.test}');
select send('b', 'track', '2026-01-02', '{anonymous_id, a}');
select send('c', 'track', '2026-01-03', '{anonymous_id, b}');
create temp table before as
select profile_of('user_id', 'u') as u, profile_of('anonymous_id', 'a') as a, profile_of('anonymous_id', 'b') as b;

select lives_ok(
    $$ select join_nodes('m', array[array[owner_of('anonymous_id', 'a'), owner_of('user_id', 'u')]], 'event', null, null, null,
        '2026-01-04', 'message', 'tests', '{"k": 1}') $$,
    'two components are joined');
select is(profile_of('anonymous_id', 'a'), profile_of('user_id', 'u'), 'both identifiers show one profile');
select is(profile_of('user_id', 'u'), (select u from before), 'its public id is that of the oldest node');
select results_eq(
    $$ select cause, state, winner, loser, message_id, actor, detail ->> 'k' from merge where ref = 'm' $$,
    $$ select 'event', 'applied', u, a, 'message', 'tests', '1' from before $$,
    'the merge is kept with winner and loser as they turned out');
select results_eq(
    $$ select a, b, active from edge $$,
    $$ select owner_of('anonymous_id', 'a'), owner_of('user_id', 'u'), true $$,
    'its edge ends at the nodes given, not at the profiles');
select is(
    (select n.component from node n where n.id = owner_of('anonymous_id', 'a')),
    (select n.component from node n where n.id = owner_of('user_id', 'u')), 'the smaller side took the label of the greater');
select is((select count(*) from component), 2::bigint, 'one component is left of the two');
select is((select identifiers from component where profile_id = (select u from before)), 3, 'it counts the identifiers of both');
select is_empty(
    $$ select from profiles where profile_id = (select a from before) $$, 'the loser''s row is gone');
select is(
    (select payload ->> 'profile_id' from outbox where topic = 'merge.applied'), (select u::text from before),
    'the outbox says so');

select throws_ok(
    $$ select join_nodes('n', array[array[owner_of('anonymous_id', 'a'), owner_of('user_id', 'u')]], 'event', null, null, null,
        '2026-01-05', null, 'tests', null) $$,
    'TD006', null, 'one profile cannot be joined with itself');
select throws_ok(
    $$ select join_nodes('m', array[array[owner_of('anonymous_id', 'b'), owner_of('user_id', 'u')]], 'event', null, null, null,
        '2026-01-05', null, 'tests', null) $$,
    'TD007', null, 'a ref names one merge for ever');
select is(
    (select count(*) from merge), 1::bigint, 'what was refused left nothing');

select * from finish();
