-- record_changes: finished transactions only, in order, behind a place; the last row says where to go on.
select plan(12);

create function pg_temp.add(p_object text, p_xid bigint) returns void
language sql as $$
    insert into record_history (object, record_id, version, at, actor, cause, source, action, changes, xid)
    values (p_object, gen_random_uuid(), 1, '2026-01-01', 'tests', 'edit', 0, 'create', '{}', p_xid::text::xid8)
$$;
create function pg_temp.told(p_xid bigint, p_seq bigint, p_objects text[], p_limit integer)
returns table (xid bigint, object text, has_more boolean)
language sql as $$
    select c.xid::bigint, c.item ->> 'object', c.has_more
    from record_changes(p_xid::text::xid8, p_seq, p_objects, p_limit) c
$$;
create function pg_temp.horizon() returns bigint
language sql as $$ select pg_snapshot_xmin(pg_current_snapshot())::text::bigint $$;

select pg_temp.add('account', 5);
select pg_temp.add('contact', 3);
select pg_temp.add('account', 5);
select pg_temp.add('lead', pg_current_xact_id()::text::bigint);

select results_eq(
    $$ select object, has_more from pg_temp.told(0, 0, null, 10) $$,
    $$ values ('contact', true), ('account', true), ('account', true), (null, false) $$,
    'in the order of the transactions; what is not committed waits');
select is(
    (select xid from pg_temp.told(0, 0, null, 10) where object is null), pg_temp.horizon(),
    'the last row is the place before everything that is not finished');
select results_eq(
    $$ select xid, object, has_more from pg_temp.told(0, 0, null, 2) $$,
    $$ values (3::bigint, 'contact', true), (5, 'account', true) $$, 'a full page ends with its last row: there is more');
select is(
    (select count(*) from pg_temp.told(3, (select seq from record_history where xid = '3'), null, 10) where object is not null),
    2::bigint, 'behind a place');
select is(
    (select count(*) from pg_temp.told(5, (select min(seq) from record_history where xid = '5'), null, 10) where object is not null),
    1::bigint, 'behind a place within a transaction');
select results_eq(
    $$ select object, has_more from pg_temp.told(0, 0, '{contact,lead}', 10) $$,
    $$ values ('contact', true), (null, false) $$, 'of some objects');
select results_eq(
    $$ select object, has_more from pg_temp.told(null, 0, null, 10) $$, $$ values (null::text, false) $$,
    'from nowhere: only the place of now');
select throws_ok(
    $$ select * from pg_temp.told(pg_temp.horizon() + 100, 7, null, 10) $$, 'TD013', null, 'a place of another database is refused');
select pg_temp.add('account', 6) from generate_series(1, 10020);
select results_eq(
    $$ select object, has_more from pg_temp.told(5, 1000000000, '{lead}', 10) $$, $$ values (null::text, true) $$,
    'a call ends its search for what is rare, and says that there is more');

select pg_temp.add('team', pg_temp.horizon() + 1000);
select results_eq(
    $$ select object, has_more from pg_temp.told(0, 0, null, 10) $$, $$ values (null::text, false) $$,
    'while there are rows of another database it waits');
select is(settle_history(10), 1, 'which become older than any');
select is((select h.xid::text from record_history h where h.object = 'team'), '3', 'and are told first');
select * from finish();
