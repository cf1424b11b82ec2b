-- settle_tickets: solved_at follows the status, a contact's ticket is of the contact's main account.
select plan(7);

create function pg_temp.write(p_object text, p_op text, p_id uuid, p_data jsonb) returns uuid
language sql as $$
    select w.id from write_records(p_object, 0::int2, 40::int2, '2026-05-01 10:00Z', 'tests', 'edit', jsonb_build_array(
        jsonb_strip_nulls(jsonb_build_object('op', p_op, 'id', p_id)) || jsonb_build_object('data', p_data))) w
$$;
create temp table made as
select pg_temp.write('account', 'create', null, '{"name": "First"}') as first,
    pg_temp.write('account', 'create', null, '{"name": "Main"}') as main,
    pg_temp.write('account', 'create', null, '{"name": "Past"}') as past;
create temp table contact as
select pg_temp.write('contact', 'create', null, jsonb_build_object('last_name', 'Byron', 'accounts', jsonb_build_array(
    jsonb_build_object('account_id', m.first), jsonb_build_object('account_id', m.main, 'primary', true),
    jsonb_build_object('account_id', m.past, 'to', '2001-01-01')))) as id
from made m;
create temp table ticket as
select pg_temp.write('ticket', 'create', null, jsonb_build_object('subject', 'Help', 'contact_id', c.id)) as id from contact c;
create function pg_temp.change(p_data jsonb) returns timestamptz
language plpgsql as $$
begin
    perform pg_temp.write('ticket', 'update', (select id from ticket), p_data);
    return (select t.solved_at from tickets t join ticket k using (id));
end
$$;

select is((select t.account_id from tickets t join ticket using (id)), (select main from made), 'a contact''s ticket is of its main account');
select pg_temp.write('ticket', 'create', null, jsonb_build_object(
    'subject', 'Help', 'contact_id', (select id from contact), 'account_id', (select past from made)));
select is((select count(*) from tickets t where t.account_id = (select past from made)), 1::bigint, 'an account that is given stays');
select is(pg_temp.change('{"status": "pending"}'), null, 'a pending ticket is not solved');
select is(pg_temp.change('{"status": "solved"}'), '2026-05-01 10:00Z'::timestamptz, 'solving sets solved_at');
select is(pg_temp.change('{"status": "closed", "subject": "Done"}'), '2026-05-01 10:00Z'::timestamptz, 'closing keeps it');
select is(pg_temp.change('{"status": "open"}'), null, 'opening again empties it');
select throws_ok(
    $$ update tickets set status = 'solved' $$, '23514', null, 'and nothing else may break the rule');
