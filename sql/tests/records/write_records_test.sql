-- write_records: one row an item, errors that change nothing, the effect of its items one by one.
select plan(22);

-- Outcome, version and code of each item. p_source 0 is people, whose rank is 40.
create function pg_temp.told(p_object text, p_items jsonb, p_source int2 default 0, p_rank int2 default 40)
returns table (outcome text, version int, code text)
language sql as $$
    select w.outcome, w.version, w.code
    from write_records(p_object, p_source, p_rank, '2026-01-01', 'tests', 'edit', p_items) w order by w.idx
$$;
create function pg_temp.id_of(p_name text) returns text
language sql as $$ select a.id::text from accounts a where a.name = p_name $$;

select results_eq(
    $$ select * from pg_temp.told('account', '[{"op": "create", "data": {"name": "Acme", "external_id": "x"}},
        {"op": "create", "data": {"name": "Other"}}]') $$,
    $$ values ('created', 1, null::text), ('created', 1, null) $$, 'create: a row an item, at version 1');
select results_eq(
    $$ select * from pg_temp.told('account', jsonb_build_array(jsonb_build_object(
        'op', 'update', 'id', pg_temp.id_of('Acme'), 'if_match', 1, 'data', '{"industry": "Steel"}'::jsonb))) $$,
    $$ values ('updated', 2, null::text) $$, 'update: the version rises by one');
select results_eq(
    $$ select * from pg_temp.told('account', jsonb_build_array(jsonb_build_object(
        'op', 'update', 'id', pg_temp.id_of('Acme'), 'data', '{"industry": "Steel"}'::jsonb))) $$,
    $$ values ('unchanged', 2, null::text) $$, 'update: what is so already is no change');
select results_eq(
    $$ select * from pg_temp.told('account', jsonb_build_array(jsonb_build_object(
        'op', 'update', 'id', pg_temp.id_of('Acme'), 'if_match', 1, 'data', '{"industry": "Iron"}'::jsonb))) $$,
    $$ values ('error', null::int, 'version_mismatch') $$, 'update: another version than the one seen is refused');
select is((select industry from accounts where name = 'Acme'), 'Steel', 'and changes nothing');
select results_eq(
    $$ select * from pg_temp.told('account', jsonb_build_array(jsonb_build_object(
        'op', 'update', 'id', uuidv7(), 'data', '{"industry": "Iron"}'::jsonb))) $$,
    $$ values ('error', null::int, 'not_found') $$, 'update: an unknown id is refused');

select results_eq(
    $$ select * from pg_temp.told('account', '[{"op": "upsert", "match": {"external_id": "x"}, "data": {"industry": "Iron"}},
        {"op": "upsert", "match": {"external_id": "y"}, "data": {"name": "New"}}]') $$,
    $$ values ('updated', 3, null::text), ('created', 1, null) $$, 'upsert: finds by a field, else creates');
select is((select external_id from accounts where name = 'New'), 'y', 'with the field that it looked for');
select results_eq(
    $$ select * from pg_temp.told('account', '[{"op": "upsert", "match": {"external_id": "z"}, "data": {"name": "Once"}},
        {"op": "upsert", "match": {"external_id": "z"}, "data": {"name": "Twice"}}]') $$,
    $$ values ('created', 1, null::text), ('updated', 2, null) $$, 'items see the ones before them');
select results_eq(
    $$ select * from pg_temp.told('account', '[{"op": "create", "data": {"name": "Good"}},
        {"op": "create", "data": {"name": "Bad", "external_id": "x"}}]') $$,
    $$ values ('created', 1, null::text), ('error', null, 'duplicate') $$, 'an item in error stands for itself alone');
select is(pg_temp.id_of('Bad'), null, 'and leaves nothing');
select results_eq(
    $$ select * from pg_temp.told('account', '[{"op": "create", "data": {"industry": "Steel"}}]') $$,
    $$ values ('error', null::int, 'validation_failed') $$, 'create: a required field is missing');
select is(
    (select detail #>> '{0,pointer}' from write_records('account', 0::int2, 40::int2, now(), 'tests', 'edit', jsonb_build_array(
        jsonb_build_object('op', 'create', 'data', jsonb_build_object('name', 'Lost', 'parent_id', uuidv7()))))),
    '/parent_id', 'a link that leads nowhere is an error with its pointer');
select is(
    (select detail #>> '{0,pointer}' from write_records('activity', 0::int2, 40::int2, now(), 'tests', 'edit', jsonb_build_array(
        jsonb_build_object('op', 'create', 'data', jsonb_build_object('type', 'note', 'links', jsonb_build_array(
            jsonb_build_object('object', 'account', 'record_id', pg_temp.id_of('Acme')),
            jsonb_build_object('object', 'contact', 'record_id', pg_temp.id_of('Acme')))))))),
    '/links/1/record_id', 'so is an activity''s, whose object is named beside it');

select results_eq(
    $$ select * from pg_temp.told('account', jsonb_build_array(jsonb_build_object('op', 'delete', 'id', pg_temp.id_of('New')))) $$,
    $$ values ('deleted', 2, null::text) $$, 'delete: the record goes to the bin');
select is((select data ->> 'name' from bin), 'New', 'as it was');
select results_eq(
    $$ select t.* from bin b,
        pg_temp.told('account', jsonb_build_array(jsonb_build_object('op', 'restore', 'id', b.record_id))) t $$,
    $$ values ('restored', 3, null::text) $$, 'restore: it comes back, at a version that nobody has seen');
select is((select count(*) from bin), 0::bigint, 'and leaves the bin');

select results_eq(
    $$ select * from pg_temp.told('account', jsonb_build_array(jsonb_build_object(
        'op', 'update', 'id', pg_temp.id_of('Acme'), 'data', '{"industry": "Paper"}'::jsonb)), 1::int2, 20::int2) $$,
    $$ values ('unchanged', 3, null::text) $$, 'an import does not change what a hand wrote');
select set_has(
    $$ select topic from outbox $$, $$ values ('account.created'), ('account.updated'), ('account.deleted') $$,
    'every change is in the outbox');
select is_empty($$ select * from verify_audit() $$, 'and in the audit log, whose chains hold');
select throws_ok(
    $$ select * from write_records('nothing', 0::int2, 40::int2, now(), 'tests', 'edit', '[]') $$, 'TD001', null,
    'an object that is not described is refused');

select * from finish();
