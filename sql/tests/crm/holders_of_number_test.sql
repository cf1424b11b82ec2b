-- holders_of_number and place_activity: whose number it is, and one activity for all that is told of a call.
select plan(7);

create function pg_temp.make(p_object text, p_data jsonb) returns uuid
language sql as $$
    select w.id from write_records(p_object, 0::int2, 40::int2, now(), 'tests', 'edit', jsonb_build_array(
        jsonb_build_object('op', 'create', 'allow_duplicate', true, 'data', p_data))) w
$$;
create function pg_temp.told(p_data jsonb) returns void
language sql as $$
    select place_activity('m', '2026-05-01 12:00Z', 0::int2, jsonb_build_object('number', '+12025550117', 'data',
        '{"external_id": "CA1", "type": "call"}' || p_data))
$$;
create temp table made as select pg_temp.make('account', '{"name": "Acme"}') as account;
create temp table person as
select pg_temp.make('contact', jsonb_build_object('last_name', n, 'phone', '+12025550117', 'phone_e164', '+12025550117',
    'accounts', jsonb_build_array(jsonb_build_object('account_id', m.account)))) as id
from made m, generate_series(1, 3) n;

select is(holders_of_number(null), '[]', 'no number is nobody''s');
select is(jsonb_array_length(holders_of_number('+12025550117')), 3, 'three people have it');
select pg_temp.told('{"recording_url": "https://r.example"}');
select pg_temp.told('{"status": "done", "outcome": "answered", "ended_at": "2026-05-01T10:01:00Z", "duration_s": 50}');
select pg_temp.told('{"status": "planned", "outcome": "ringing", "started_at": "2026-05-01T10:00:00Z", "direction": "in"}');
select results_eq(
    $$ select status, outcome, direction, started_at, ended_at, duration_s, recording_url from activities $$,
    $$ values ('done', 'answered', 'in', '2026-05-01 10:00Z'::timestamptz, '2026-05-01 10:01Z'::timestamptz, 50, 'https://r.example') $$,
    'one call is one activity, in any order');
select is((select count(*)::int from activity_links), 3, 'linked once to each');
select pg_temp.make('contact', jsonb_build_object('last_name', 'D', 'phone', '+12025550117', 'phone_e164', '+12025550117'));
select is(
    holders_of_number('+12025550117'), (select jsonb_build_array(jsonb_build_object('object', 'account', 'record_id', account)) from made),
    'a switchboard is the account''s');
select pg_temp.make('lead', '{"last_name": "L", "phone": "+12025550118", "phone_e164": "+12025550118"}');
select is(holders_of_number('+12025550118') #>> '{0,object}', 'lead', 'leads have numbers too');
select is(holders_of_number('+12025550119'), '[]', 'and nobody has others');
