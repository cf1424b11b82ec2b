-- reach and record_condition: whose records a role reaches, in SQL.
select plan(29);

create function pg_temp.made(p_object text, p_data jsonb) returns uuid
language sql as $$
    select w.id from write_records(p_object, 0::int2, 40::int2, now(), 'tests', 'edit', jsonb_build_array(
        jsonb_build_object('op', 'create', 'data', p_data))) w
$$;
create function pg_temp.as_of(p_role text, p_user uuid) returns void
language sql as $$
    select set_config('tandem.user', coalesce(p_user::text, ''), true),
        set_config('tandem.roles', coalesce((select array[r.id]::text from role r where r.name = p_role), ''), true)
$$;
create function pg_temp.outcome(p_object text, p_item jsonb) returns text
language sql as $$
    select coalesce(w.code, w.outcome) from write_records(p_object, 0::int2, 40::int2, now(), 'tests', 'edit', jsonb_build_array(p_item)) w
$$;
create temp table team as select pg_temp.made('team', '{"name": "North"}') as north;
alter table team add south uuid, add nook uuid;
update team set south = pg_temp.made('team', '{"name": "South"}'),
    nook = pg_temp.made('team', jsonb_build_object('name', 'Nook', 'parent_id', north));
create temp table people as select pg_temp.made('user', jsonb_build_object('name', 'head', 'team_id', north)) as head from team;
alter table people add rep uuid, add peer uuid, add nook uuid, add far uuid;
update people set rep = pg_temp.made('user', jsonb_build_object('name', 'rep', 'team_id', (select north from team)));
update people set peer = pg_temp.made('user', jsonb_build_object('name', 'peer', 'team_id', (select north from team))),
    nook = pg_temp.made('user', jsonb_build_object('name', 'nook', 'team_id', (select t.nook from team t))),
    far = pg_temp.made('user', jsonb_build_object('name', 'far', 'team_id', (select south from team), 'manager_id', head));
create temp table had as select
    pg_temp.made('opportunity', jsonb_build_object('name', 'of rep', 'owner_id', rep)) as own,
    pg_temp.made('opportunity', jsonb_build_object('name', 'of nook', 'owner_id', nook)) as team,
    pg_temp.made('opportunity', jsonb_build_object('name', 'of far', 'owner_id', far)) as far,
    pg_temp.made('opportunity', jsonb_build_object('name', 'of nobody')) as nobodys,
    pg_temp.made('account', jsonb_build_object('name', 'Far away', 'owner_id', far)) as account
from people;
create function pg_temp.read_opportunities() returns text
language plpgsql as $$
declare v_names text;
begin
    execute 'select string_agg(t.name, '', '' order by t.name) from opportunities t where ' || record_condition('opportunity') into v_names;
    return coalesce(v_names, '');
end $$;

select is(pg_temp.read_opportunities(), 'of far, of nobody, of nook, of rep', 'without a role all is reached');
select is(record_condition('opportunity'), 'true', 'at no cost');
select pg_temp.as_of('read only', null);
select is(pg_temp.read_opportunities(), 'of far, of nobody, of nook, of rep', 'so is it at level all');
select pg_temp.as_of('sales rep', rep) from people;
select is(pg_temp.read_opportunities(), 'of nobody, of nook, of rep', 'a team has its sub-teams, and reads what nobody owns');
select pg_temp.as_of('sales rep', null);
select is(pg_temp.read_opportunities(), '', 'without a user there is no team');
select pg_temp.as_of('sales rep', nook) from people;
select is(pg_temp.read_opportunities(), 'of nobody, of nook', 'a sub-team does not see what is above it');
select pg_temp.as_of('sales manager', head) from people;
select is(pg_temp.read_opportunities(), 'of far, of nobody, of nook, of rep', 'who is above an owner reaches the same');
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', far, 'data', '{"source": "x"}'::jsonb)), 'updated',
    'to write as well') from had;
select pg_temp.as_of('sales rep', rep) from people;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', own, 'data', '{"source": "x"}'::jsonb)), 'updated',
    'own ones are written') from had;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', team, 'data', '{"source": "x"}'::jsonb)), 'forbidden',
    'those of the team are not') from had;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', far, 'data', '{"source": "x"}'::jsonb)), 'not_found',
    'what is out of reach is not there') from had;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'delete', 'id', nobodys)), 'forbidden', 'what is nobody''s is not deleted') from had;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', nobodys, 'data', '{"source": "x"}'::jsonb)), 'forbidden',
    'nor changed') from had;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', nobodys, 'data', jsonb_build_object('owner_id', peer))),
    'forbidden', 'nor given to a colleague') from had, people;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', nobodys, 'data', jsonb_build_object('owner_id', rep))),
    'updated', 'it is taken') from had, people;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', nobodys, 'data', '{"source": "x"}'::jsonb)), 'updated',
    'and an own one then') from had;
select pg_temp.as_of('sales rep', peer) from people;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', nobodys, 'data', jsonb_build_object('owner_id', peer))),
    'forbidden', 'that nobody else takes') from had, people;
select pg_temp.as_of('sales rep', rep) from people;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', own, 'data', jsonb_build_object('owner_id', far))),
    'forbidden', 'giving away takes assign') from (select own from had) h, (select far from people) p;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'create', 'data', jsonb_build_object('name', 'x', 'owner_id', peer))),
    'forbidden', 'so does making one for somebody else') from people;
select pg_temp.made('opportunity', '{"name": "of rep too"}');
select is((select o.owner_id from opportunities o where o.name = 'of rep too'), rep, 'a new one is the maker''s') from people;
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'create', 'data', jsonb_build_object('name', 'x', 'account_id', account))),
    'validation_failed', 'a link to what is out of reach leads nowhere') from had;
select is(readable_ids('account', array[account]), '{}', 'an account is out of reach') from had;
reset role;
select set_config('tandem.roles', '', true);
select is(pg_temp.outcome('opportunity', jsonb_build_object('op', 'update', 'id', own, 'data', jsonb_build_object('account_id', account))),
    'updated', 'until an opportunity in reach is one of its own') from had;
select pg_temp.as_of('sales rep', rep) from people;
select is(readable_ids('account', array[account]), array[account], 'then it may be read') from had;
select is(pg_temp.outcome('account', jsonb_build_object('op', 'update', 'id', account, 'data', '{"name": "x"}'::jsonb)), 'forbidden',
    'and not written') from had;
select is(pg_temp.outcome('pipeline', jsonb_build_object('op', 'create', 'data', '{"name": "x"}'::jsonb)), 'forbidden',
    'what is everybody''s is changed at level all');
select pg_temp.as_of('administrator', rep) from people;
select is(pg_temp.outcome('user', jsonb_build_object('op', 'update', 'id', rep, 'data', jsonb_build_object('role_ids', (
    select jsonb_agg(r.id) from role r)))), 'updated', 'who may change roles gives them') from people;
select pg_temp.as_of('sales rep', rep) from people;
select throws_ok($$ select require_right('account', account, 'merge') from had $$, 'TD018', null, 'a missing right is an error');
select set_config('tandem.roles', '', true);
update users u set active = false from people p where u.id = p.rep;
select pg_temp.as_of('administrator', rep) from people;
select is(pg_temp.read_opportunities(), '', 'who has left has no rights');
