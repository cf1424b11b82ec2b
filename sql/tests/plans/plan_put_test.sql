-- plan_put, plan_connect: versions, and when events are read by other rules than before.
select plan(13);

insert into source (id, source_id, name, kind) values (77, uuidv7(), 'shop', 'server');
create temp table reading as select reading_version as version from identity_state;
create function turned() returns boolean language plpgsql as $$
declare
    v_turned boolean;
begin
    select s.reading_version > r.version into v_turned from identity_state s, reading r;
    update reading set version = (select reading_version from identity_state);
    return v_turned;
end
$$;

select is((plan_put('web', 0, null, '[{"type": "page"}]', 'tests') ->> 'version')::int4, 1, 'the first version makes the plan');
select is((plan_put('web', null, null, '[{"type": "page"}]', 'tests') ->> 'version')::int4, 1, 'the same again is none');
select is((plan_put('web', 1, null, '[]', 'tests') ->> 'version')::int4, 2, 'another content is a version');
select throws_ok($$ select plan_put('web', 1, null, '[{}]', 'tests') $$, 'TD002', null, 'one that is no longer the newest is refused');
select throws_ok(
    $$ select plan_put('00000000-0000-7000-8000-000000000000', null, null, '[]', 'tests') $$, 'TD001', null,
    'an id makes no plan');
select ok(not turned(), 'nobody keeps to it: events are read as before');

select is(
    plan_connect('web', 'shop', null, 'omit', 'ignore', 'allow', 'tests') #>> '{sources,0,violations}', 'omit',
    'a source keeps to it');
select ok(turned(), 'so events are read by other rules');
select is(plans_in_force() -> '77' ->> 'version', '2', 'by the newest version');
select plan_connect('web', 'shop', 1, 'allow', 'allow', 'allow', 'tests'), turned();
select plan_put('web', null, null, '[{"type": "screen"}]', 'tests');
select ok(not turned() and plans_in_force() -> '77' ->> 'version' = '1', 'one that keeps to a version does not follow');
select throws_ok($$ select plan_connect('web', 'shop', 9, 'allow', 'allow', 'allow', 'tests') $$, 'TD001', null, 'there is no version 9');
select throws_ok($$ select plan_delete('web', 'tests') $$, 'TD005', null, 'a plan in use stays');
select plan_disconnect('web', 'shop', 'tests');
select ok(turned() and plans_in_force() = '{}', 'a source that lets go is checked no longer');

select * from finish();
