-- merge_records and undo_record_merge: one effect, keys and ids lead on, and back to where it was.
select plan(13);

create function pg_temp.account(p_data jsonb) returns uuid
language sql as $$
    select w.id from write_records('account', 0::int2, 40::int2, now(), 'tests', 'edit', jsonb_build_array(
        jsonb_build_object('op', 'create', 'data', p_data))) w
$$;
create temp table had as select
    pg_temp.account('{"name": "Winner", "address_city": "London"}') as winner,
    pg_temp.account('{"name": "Loser", "group_id": "g-1", "external_id": "x-1", "industry": "Computing", "address_street": "High St"}') as loser;
insert into opportunities (id, name, account_id, pipeline_id, stage_id, status, created_at, updated_at, created_by)
select uuidv7(), 'Deal', h.loser, s.pipeline_id, s.id, s.status, now(), now(), 'tests' from had h, stages s limit 1;

select is(
    (select merge_records('account', h.winner, array[h.loser], '{}', 'tests', true) #>> '{fields,industry,new}' from had h),
    'Computing', 'a dry run says what would be done');
select is((select count(*) from accounts), 2::bigint, 'and does nothing');
create temp table done as
select (merge_records('account', h.winner, array[h.loser], '{}', 'tests', false) ->> 'id')::uuid as merge from had h;
select results_eq(
    $$ select a.industry, a.group_id collate "default", a.address_street from accounts a $$, $$ values ('Computing', 'g-1', null::text) $$,
    'the loser fills gaps, but not half an address');
select is((select o.account_id from opportunities o), (select h.winner from had h), 'the deal is the winner''s');
select is(group_account('g-1'), (select h.winner from had h), 'the group leads to the winner');
select is((select a.id from aliased('account', 'external_id', '{x-1}') a), (select h.winner from had h), 'so does the key');
select is((select merged_image('account', h.loser) ->> 'name' from had h), 'Loser', 'the loser is kept as it was');
select throws_ok(
    $$ select merge_records('account', h.winner, array[h.loser], '{}', 'tests', false) from had h $$, 'TD021', null, 'once');
select throws_ok(
    $$ select merge_records('account', h.loser, array[h.winner], '{}', 'tests', false) from had h $$, 'TD020', null, 'either way');
select lives_ok($$ select undo_record_merge(d.merge, 'tests', false) from done d $$, 'the undo');
select results_eq(
    $$ select a.name, a.industry, a.group_id collate "default" from accounts a order by 1 $$,
    $$ values ('Loser', 'Computing', 'g-1'), ('Winner', null, null) $$, 'puts everything back');
select is((select o.account_id from opportunities o), (select h.loser from had h), 'the deal too');
select throws_ok($$ select undo_record_merge(d.merge, 'tests', false) from done d $$, 'TD009', null, 'once');
