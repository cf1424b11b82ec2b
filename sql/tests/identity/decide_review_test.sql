-- decide_review: approving joins what is still apart, rejecting separates it, and what is joined meanwhile is obsolete.
select plan(12);

select send(x, 'track', '2026-01-01', array['user_id', x]) from unnest('{a, b, c, d, e}'::text[]) x;
create function pg_temp.review(p_ref text, p_home text, p_other text) returns uuid
language sql as $$
    select open_review(p_ref, 'anomaly', array[owner_of('user_id', p_home), owner_of('user_id', p_other)], now(), null)
$$;

create temp table entry as select pg_temp.review('m', 'a', 'b') as id;
select is(pg_temp.review('again', 'a', 'b'), (select id from entry), 'a second event over the same pair joins the open entry');
select is((select refs from review), '{m,again}', 'and adds its ref');

create temp table answer as select decide_review(id, true, 'tests') as json from entry;
select is((select json ->> 'state' from answer), 'approved', 'an entry is approved');
select is((select json #>> '{merge,ref}' from answer), 'review:m', 'by one merge whose ref says of what');
select is((select json #>> '{merge,cause}' from answer), 'review', 'and whose cause is the review');
select is(profile_of('user_id', 'a'), profile_of('user_id', 'b'), 'which joins the two');
select throws_ok($$ select decide_review((select id from entry), false, 'tests') $$, 'TD012', null, 'it is decided once');

select is(
    decide_review(pg_temp.review('n', 'c', 'd'), false, 'tests') ->> 'state', 'rejected', 'another one is rejected');
select isnt(profile_of('user_id', 'c'), profile_of('user_id', 'd'), 'which joins nothing');
select results_eq(
    $$ select cause, ref from separation $$, $$ values ('review', 'n') $$, 'and keeps the two apart for ever');

select is(
    decide_review(pg_temp.review('o', 'a', 'b'), true, 'tests') ->> 'state', 'obsolete',
    'what has become one meanwhile has nothing to decide');
select throws_ok($$ select decide_review(uuidv7(), true, 'tests') $$, 'TD001', null, 'an unknown entry is refused');

select * from finish();
