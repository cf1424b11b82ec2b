-- move_import_cursor: never past a row that is not done, whatever happens meanwhile.
select plan(23);

-- An import of rows with these cursors; those that are named as rejected are. p_low: the lowest of the file.
create function pg_temp.begin(
    p_rows numeric[], p_rejected numeric[] default '{}', p_since text default 'last', p_low numeric default null,
    p_mapping jsonb default '{"match": "external_id", "cursor": {"column": "at"}}', p_kind text default 'number'
) returns uuid language plpgsql as $$
declare
    v_id uuid := gen_random_uuid();
    v_kept jsonb := kept_import_cursor('account', p_mapping);
begin
    perform begin_import(v_id, 'account', 'a.csv', '\x00', p_mapping || '{"format": {"kind": "csv"}}', 'tester');
    insert into import_row (import, row, line, raw, cursor, reason, outcome)
    select v_id, n, n + 1, '{}', c, case when c = any (p_rejected) then '[]'::jsonb end,
        case when c = any (p_rejected) then 'rejected' else 'created' end
    from unnest(p_rows) with ordinality r (c, n);
    perform stage_import(v_id);
    perform begin_import_cursor(v_id, jsonb_build_object(
        'since', p_since, 'kind', p_kind, 'low', coalesce(p_low, (select min(c) from unnest(p_rows) c)),
        'from', case when p_since = 'last' then v_kept -> 'value' else to_jsonb(p_since::numeric) end,
        'before', v_kept -> 'value', 'open', v_kept -> 'open', 'undone', v_kept -> 'undone', 'passed_over', 0, 'without_cursor', 0));
    return v_id;
end $$;
create function pg_temp.kept(p_mapping jsonb default '{"match": "external_id", "cursor": {"column": "at"}}') returns text language sql
as $$ select concat_ws(' ', k ->> 'value', k ->> 'open') from kept_import_cursor('account', p_mapping) k $$;

select is(pg_temp.kept(), '[]', 'nothing is kept at first');
select ok(finish_import(pg_temp.begin('{1, 5, 3}', '{}', null)), 'an import ends');
select is(pg_temp.kept(), '5 []', 'the highest cursor is kept');
select is(pg_temp.kept('{"match": "name", "cursor": {"column": "at"}}'), '[]', 'of this mapping, not of another');
select is(
    pg_temp.kept('{"match": "external_id", "cursor": {"column": "at"}, "format": {"delimiter": ";"}}'), '5 []',
    'however its file is written');
select ok(finish_import(pg_temp.begin('{2, 4}', '{}', null)) and pg_temp.kept() = '5 []', 'older rows move nothing back');

-- Rows that were rejected.
select ok(finish_import(pg_temp.begin('{5, 6, 7, 9}', '{6, 7}')) and pg_temp.kept() = '9 [6, 7]', 'rejected rows are remembered');
select ok(finish_import(pg_temp.begin('{6, 7, 9}', '{7}', 'last', 1)) and pg_temp.kept() = '9 [7]', 'one that is taken now is forgotten');
select ok(
    finish_import(pg_temp.begin('{10, 11}', '{}', 'last', 10)) and pg_temp.kept() = '11 [7]',
    'not one that a file lacks which begins later');
select ok(
    finish_import(pg_temp.begin('{11}', '{}', '9', 1)) and pg_temp.kept() = '11 [7]', 'nor one that was not asked for');
select ok(finish_import(pg_temp.begin('{11}', '{}', 'last', 1)) and pg_temp.kept() = '11 []', 'but one that is no more in the whole file');
select ok(
    finish_import(pg_temp.begin(array(select generate_series(20, 3020)), array(select generate_series(21, 2020))))
        and pg_temp.kept() = concat('1021 ', to_jsonb(array(select generate_series(21, 1020)))),
    'of too many the lowest are remembered, and the cursor stays at the next');
select ok(
    finish_import(pg_temp.begin(array(select generate_series(21, 3020)), '{}', 'last', 1)) and pg_temp.kept() = '3020 []',
    'once they are taken it goes on');

-- A stated value.
select ok(finish_import(pg_temp.begin('{5000}', '{}', '4000')) and pg_temp.kept() = '3020 []', 'what lies between was not read');
select ok(finish_import(pg_temp.begin('{3000, 5000}', '{}', '3000')) and pg_temp.kept() = '5000 []', 'nothing lies between');

-- Two at once.
create temp table ids as select pg_temp.begin('{5000, 7000}') as far, pg_temp.begin('{5000, 6000}', '{6000}') as near;
select ok(finish_import(far) and finish_import(near) and pg_temp.kept() = '7000 [6000]', 'the one that came further counts') from ids;
select is((select cursor from import where id = near), 7000::numeric, 'and both say so') from ids;

-- Undo.
create temp table undone as select pg_temp.begin('{7000, 8000}', '{}', 'last', 1) as first;
select ok(finish_import(first) and pg_temp.kept() = '8000 []', 'the next') from undone;
alter table undone add column running uuid;
update undone set running = pg_temp.begin('{8000, 9000}', '{8500}');
select is(
    finish_import_undo(first, 'tester') -> 'cursor', '{"now": "7000", "column": "at"}'::jsonb,
    'taken back, the cursor is where it was') from undone;
select is(pg_temp.kept(), '7000 [6000]', 'with what was to be tried again then');
select ok(
    finish_import(running) and pg_temp.kept() = '7000 [6000]', 'an import that ran meanwhile does not move it: it did not see that') from undone;
select is(
    finish_import_undo((select near from ids), 'tester') #>> '{cursor,now}', '5000', 'an older one goes back further');
select ok(
    finish_import_undo((select i.id from import i where i.cursor_before is null), 'tester') -> 'cursor' -> 'now'
        = 'null', 'the first one to nothing');

select * from finish();
