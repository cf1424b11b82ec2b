-- begin_sign_in, finish_sign_in: who may try, and how long to wait after wrong passwords.
select plan(9);

create temp table desk as select w.id from write_records('user', 0::int2, 40::int2, now(), 'tests', 'edit',
    '[{"op": "create", "data": {"name": "Desk", "email": "desk@acme.example"}}]') w;

select is((select count(*) from begin_sign_in('desk@acme.example')), 0::bigint, 'nobody signs in without a password');
select is(set_password((select id from desk), '$argon2id$first', 'tests'), true, 'an active user gets one');
select is((select password_hash from begin_sign_in('DESK@acme.example')), '$argon2id$first', 'letter case does not count');
select finish_sign_in((select id from desk));
select is((select failures from user_credential), 0, 'the right password clears the count');

select count(*) from begin_sign_in('desk@acme.example');
select count(*) from begin_sign_in('desk@acme.example');
select count(*) from begin_sign_in('desk@acme.example');
select count(*) from begin_sign_in('desk@acme.example');
select is((select blocked_until from user_credential), null, 'four wrong ones cost nothing');
select count(*) from begin_sign_in('desk@acme.example');
select is((select blocked_until from user_credential), now() + interval '1 minute', 'the fifth costs a minute');
select is((select count(*) from begin_sign_in('desk@acme.example')), 0::bigint, 'in which no try counts');
update user_credential set failures = 1000, blocked_until = now();
select count(*) from begin_sign_in('desk@acme.example');
select is((select blocked_until from user_credential), now() + interval '64 minutes', 'and never more than an hour or so');

update users set active = false;
select is(set_password((select id from desk), '$argon2id$next', 'tests'), false, 'who has left gets none');
