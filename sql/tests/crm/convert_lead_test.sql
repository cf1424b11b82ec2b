-- convert_lead and unconvert_lead: all or nothing, once, and back to where it was.
select plan(16);

create function pg_temp.lead(p_data jsonb) returns uuid
language sql as $$
    select w.id from write_records('lead', 0::int2, 40::int2, now(), 'tests', 'edit', jsonb_build_array(
        jsonb_build_object('op', 'create', 'data', p_data))) w
$$;
create function pg_temp.account(p_name text, p_key text) returns uuid
language sql as $$
    select w.id from write_records('account', 0::int2, 40::int2, now(), 'tests', 'edit', jsonb_build_array(
        jsonb_build_object('op', 'create', 'data', jsonb_build_object('name', p_name, 'company_key', p_key)))) w
$$;
create temp table had as select
    pg_temp.lead('{"last_name": "Byron", "company": "Engines Ltd", "company_key": "engines", "email": "a@b.example",
        "email_norm": "a@b.example", "status": "working"}') as lead,
    pg_temp.lead('{"last_name": "Nobody", "company": "Twice", "company_key": "twice"}') as unclear,
    pg_temp.lead('{"last_name": "Gone", "status": "disqualified"}') as gone;

select is(
    (select convert_lead(h.lead, '{"opportunity": {}}', 'tests', true) #>> '{account,action}' from had h), 'created',
    'a dry run says what would be done');
select is((select count(*) from accounts), 0::bigint, 'and does nothing');
select is((select status from leads l join had h on h.lead = l.id), 'working', 'not even to the lead');

create temp table done as select convert_lead(h.lead, '{"opportunity": {"amount": 10}}', 'tests', false) as made from had h;
select is((select status from leads l join had h on h.lead = l.id), 'converted', 'the lead is converted');
select is(
    (select o.name || ' ' || o.amount from opportunities o), 'Engines Ltd 10.0000', 'the opportunity has the name of the company');
select is((select c.role || c."primary" from account_contacts c), 'true', 'the contact belongs to the account');
select throws_ok($$ select convert_lead(h.lead, '{}', 'tests', false) from had h $$, 'TD014', null, 'once');
select throws_ok($$ select convert_lead(h.gone, '{}', 'tests', false) from had h $$, 'TD013', null, 'not a disqualified one');
select throws_ok($$ select convert_lead(uuidv7(), '{}', 'tests', false) $$, 'TD001', null, 'nor one that is not there');
select is(
    (select w.code from had h, write_records('lead', 0::int2, 40::int2, now(), 'tests', 'edit', jsonb_build_array(
        jsonb_build_object('op', 'update', 'id', h.lead, 'data', '{"title": "x"}'::jsonb))) w),
    'conflict', 'a converted lead is read-only');

select pg_temp.account('Twice', 'twice'), pg_temp.account('Twice Inc.', 'twice');
select throws_ok(
    $$ select convert_lead(h.unclear, '{}', 'tests', false) from had h $$, 'TD015', null, 'several accounts are the caller''s to choose');
select is(
    (select count(*) from contacts c where c.last_name = 'Nobody'), 0::bigint, 'and nothing is left of the attempt');

select is(
    (select jsonb_array_length(unconvert_lead(h.lead, 'tests', true) -> 'removed') from had h), 3, 'an undo has a dry run too');
select is((select count(*) from opportunities), 1::bigint, 'that does nothing');
select lives_ok($$ select unconvert_lead(h.lead, 'tests', false) from had h $$, 'the undo');
select results_eq(
    $$ select (select count(*) from opportunities), (select count(*) from contacts), l.status from leads l join had h on h.lead = l.id $$,
    $$ values (0::bigint, 0::bigint, 'working') $$, 'leaves what there was');
