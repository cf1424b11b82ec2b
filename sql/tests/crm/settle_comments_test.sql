-- settle_comments: its author alone changes a comment, and who is named is looked up.
select plan(9);

create function pg_temp.write(p_object text, p_actor text, p_item jsonb) returns text
language sql as $$
    select coalesce(w.code, w.id::text) from write_records(p_object, 0::int2, 40::int2, now(), p_actor, 'edit', jsonb_build_array(p_item)) w
$$;
create temp table made as
select pg_temp.write('account', 'a', '{"op": "create", "data": {"name": "Acme"}}') as account,
    pg_temp.write('user', 'a', '{"op": "create", "data": {"name": "Ada", "email": "ada@acme.example"}}') as ada,
    pg_temp.write('user', 'a', '{"op": "create", "data": {"name": "Bob"}}') as bob;
create temp table comment as
select pg_temp.write('comment', 'a', jsonb_build_object('op', 'create', 'data', jsonb_build_object(
    'object', 'account', 'object_id', m.account, 'body', 'see below',
    'mentions', jsonb_build_array(null, m.bob, uuidv7(), null, m.ada),
    'unknown_mentions', jsonb_build_array('ADA@acme.example', 'user_1', 'user_2', 'nobody@acme.example', 'user_3')))) as id
from made m;
create function pg_temp.change(p_actor text, p_data jsonb) returns text
language sql as $$
    select pg_temp.write('comment', p_actor, jsonb_build_object('op', 'update', 'id', c.id, 'data', p_data)) from comment c
$$;

select is(
    (select c.mentions::text[] from comments c), (select array[ada, bob] from made), 'users are found by id and address, each once');
select is((select c.unknown_mentions from comments c), '{user_2,nobody@acme.example}', 'and the rest is said');
select is(pg_temp.change('b', '{"body": "x"}'), 'not_author', 'nobody else changes the text');
select is(pg_temp.change('b', '{"tags": ["x"]}'), (select id from comment), 'but its tags');
select is(
    pg_temp.change('a', '{"body": "new", "mentions": [], "unknown_mentions": []}'), (select id from comment), 'its author does');
select is((select c.mentions from comments c), '{}', 'with whom it names');
select is(
    pg_temp.write('comment', 'a', jsonb_build_object('op', 'create', 'data', jsonb_build_object(
        'object', 'account', 'object_id', uuidv7(), 'body', 'x'))),
    'validation_failed', 'a record that is not there has no comments');
select is(
    (select count(*)::int from made m, record_timeline('account', m.account::uuid, 10, null, null) t where t.kind = 'comment'), 1,
    'it stands on the record''s timeline');
select pg_temp.write('account', 'a', jsonb_build_object('op', 'delete', 'id', m.account)) from made m;
select pg_temp.write('account', 'a', jsonb_build_object('op', 'restore', 'id', m.account)) from made m;
select is((select count(*)::int from comments), 1, 'it goes to the bin with its record and comes back');
