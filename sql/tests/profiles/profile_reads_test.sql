-- The reads of a profile: the survivor answers for whoever was merged into it, page by page, newest first.
select plan(15);

select send('1', 'identify', '2026-01-01', '{user_id, u}', '{"plan": "free", "city": "Bonn"}');
select send('2', 'identify', '2026-01-02', '{anonymous_id, a}', '{"plan": "pro"}');
create temp table node_of as select profile_of('user_id', 'u') as u, profile_of('anonymous_id', 'a') as a;
select send('3', 'track', '2026-01-03', '{user_id, u, anonymous_id, a}');
create temp table shown as select profile_show(u) as json from node_of;

select is(profile_show(a), (select json from shown), 'a merged id shows the surviving profile') from node_of;
select is((select json ->> 'id' from shown), u::text, 'under its own id') from node_of;
select is((select json -> 'merged_ids' from shown), jsonb_build_array(a), 'with the ids that it took in') from node_of;
select is((select json ->> 'user_id' from shown), 'u', 'its user id');
select is((select json -> 'anonymous_ids' from shown), '["a"]', 'its anonymous ids');
select is(
    (select json -> 'traits' from shown), '{"plan": "pro", "city": "Bonn"}', 'per trait the latest of both sides');
select is(profile_by_identifier('anonymous_id', 'a'), (select json from shown), 'an identifier finds it too');
select throws_ok($$ select profile_show(uuidv7()) $$, 'TD001', null, 'an unknown id is refused');
select throws_ok($$ select profile_by_identifier('user_id', 'nobody') $$, 'TD001', null, 'so is an unknown identifier');

create function pg_temp.page(p_before_ts timestamptz, p_before_seq bigint) returns table (ts timestamptz, seq bigint, id text)
language sql as $$
    select e.ts, e.seq, e.event ->> 'message_id' from node_of n, profile_events(n.u, p_before_ts, p_before_seq, 2) e
$$;
select results_eq(
    $$ select id from pg_temp.page(null, null) $$, $$ values ('3'), ('2') $$, 'events of both sides come newest first');
select results_eq(
    $$ select p.id from (select * from pg_temp.page(null, null) order by ts, seq limit 1) l, pg_temp.page(l.ts, l.seq) p $$,
    $$ values ('1') $$, 'and the next page goes on behind the last of the one before');
select results_eq(
    $$ select t.trait, t.item ->> 'value' from node_of n, profile_trait_list(n.u) t order by 1 $$,
    $$ values ('city', 'Bonn'), ('plan', 'pro') $$, 'traits are listed by name');
select results_eq(
    $$ select i.type, i.value from node_of n, profile_identifier_list(n.a) i $$,
    $$ values ('user_id', 'u'), ('anonymous_id', 'a') $$, 'identifiers in the order in which they were attached');
select results_eq(
    $$ select t.item ->> 'kind' from node_of n, profile_timeline(n.u, null, null, 10) t order by t.at, t.key $$,
    $$ values ('event'), ('event'), ('event'), ('merge') $$, 'the timeline has events and merges');
select is(
    (select count(*) from profile_list(null, 10)), 1::bigint, 'only the survivor is listed');

select * from finish();
