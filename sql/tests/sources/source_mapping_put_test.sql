select plan(10);

insert into source (id, source_id, name, kind) values
    (7, '00000000-0000-7000-8000-000000000007', 'shop', 'server'), (8, '00000000-0000-7000-8000-000000000008', 'app', 'mobile');
create temporary table before as select reading_version, rules_version, epoch from identity_state;

select is(source_mapping_get('shop') ->> 'version', '0', 'a source without rules is at version 0');
select throws_ok($$ select source_mapping_get('none') $$, 'TD001', null, 'a source that is not there');
select is(
    source_mapping_put('shop', 0, '[{"drop": "traits.a"}]', 'key x') - 'created_at',
    '{"source": "shop", "version": 1, "rules": [{"drop": "traits.a"}], "author": "key x"}'::jsonb, 'rules get a version');
select is(
    (select (s.reading_version - b.reading_version, s.rules_version - b.rules_version, s.epoch - b.epoch)::text
     from identity_state s, before b), '(1,0,0)', 'what was read before is stale, identity stays as it was');
select is(
    source_mapping_put('00000000-0000-7000-8000-000000000007', null, '[{"drop": "traits.a"}]', 'key y') ->> 'version', '1',
    'the same rules again change nothing');
select throws_ok($$ select source_mapping_put('shop', 0, '[]', 'key x') $$, 'TD002', null, 'another version is in force');
select is(
    reading_rules() -> 'mappings', '{"7": [{"drop": "traits.a"}]}'::jsonb, 'reading rules have the mappings that have rules');
select source_mapping_put('shop', 1, '[]', 'key x');
select is(reading_rules() -> 'mappings', '{}'::jsonb, 'a mapping without rules is none');
select is(
    (reading_rules() ->> 'version')::int4, (select reading_version + 2 from before), 'their version is the one that ingest wants');
select results_eq(
    $$ select version from source_mapping_versions('shop', null, 10) $$, array[2, 1], 'versions stay, newest first');
select * from finish();
