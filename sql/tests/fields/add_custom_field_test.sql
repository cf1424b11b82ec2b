-- add_custom_field, update_custom_field and what write_records makes of the fields.
select plan(24);

create function pg_temp.told(p_items jsonb, p_rank int2 default 40, p_cause text default 'edit')
returns table (outcome text, detail jsonb)
language sql as $$
    select w.outcome, w.detail from write_records('product', 0::int2, p_rank, '2026-01-01', 'tests', p_cause, p_items) w order by w.idx
$$;
select is((select version from object_catalog_version()), 0, 'no fields: version 0');
select is(
    add_custom_field('product', '{"name": "cf_size", "type": "integer", "label": "Size", "minimum": 1, "default": 3}', 'tests')
        - array['created_at', 'updated_at', 'locked_ms'],
    '{"object": "product", "name": "cf_size", "type": "integer", "label": "Size", "help": "", "hidden": false, "required": false,
      "unique": false, "personal": false, "searchable": false, "compared": false, "fixed": false, "minimum": 1.0000, "default": 3, "position": 1,
      "version": 1, "created_by": "tests"}'::jsonb,
    'the field is answered as it is');
select is((select version from object_catalog_version()), 1, 'the version of the catalog rises');
select col_type_is('products', 'cf_size', 'bigint', 'its column is typed');
select col_default_is('products', 'cf_size', '3', 'and has the default');
select throws_ok(
    $$ select add_custom_field('product', '{"name": "cf_size", "type": "text", "label": "x"}', 'tests') $$, 'TD004', null,
    'a name is taken once');
select throws_ok(
    $$ select add_custom_field('moon', '{"name": "cf_size", "type": "text", "label": "x"}', 'tests') $$, 'TD001', null,
    'an object that is not there');
select throws_ok(
    $$ select add_custom_field('product', '{"name": "size", "type": "text", "label": "x"}', 'tests') $$, '23514', null,
    'a name without its beginning');
select throws_ok(
    $$ insert into products (id, name, created_at, updated_at, created_by, cf_size)
       values (uuidv7(), 'x', now(), now(), 'tests', 0) $$, '23514', null, 'the bounds are a constraint');

select lives_ok(
    $$ select add_custom_field('product', '{"name": "cf_kind", "type": "select", "label": "Kind", "options": ["a", "b"],
        "required": true}', 'tests') $$, 'a select');
select lives_ok(
    $$ select add_custom_field('product', '{"name": "cf_tags", "type": "multi_select", "label": "Tags", "options": ["x", "y"]}',
        'tests') $$, 'a multi_select');
select lives_ok(
    $$ select add_custom_field('product', '{"name": "cf_maker", "type": "link", "label": "Maker", "target": "account",
        "fixed": true}', 'tests') $$, 'a link');
select fk_ok(
    current_schema()::name, 'products'::name, 'cf_maker'::name, current_schema()::name, 'accounts'::name, 'id'::name);
select results_eq(
    $$ select * from pg_temp.told('[{"op": "create", "data": {"name": "A"}}, {"op": "create", "data": {"name": "B", "cf_kind": "a"}}]') $$,
    $$ values ('error', '[{"pointer": "/cf_kind", "code": "required", "detail": "is required"}]'::jsonb), ('created', null) $$,
    'people must give what is required');
select results_eq(
    $$ select outcome from pg_temp.told('[{"op": "create", "data": {"name": "C"}}]', 30::int2) $$, array['created'],
    'events need not');
select results_eq(
    $$ select outcome from pg_temp.told('[{"op": "create", "data": {"name": "D"}}]', 40::int2, 'convert') $$, array['created'],
    'nor does a conversion');
select is((select (cf_size, cf_tags)::text from products where name = 'B'), '(3,{})', 'defaults are taken');
select lives_ok(
    $$ select w.* from write_records('account', 0::int2, 40::int2, now(), 'tests', 'edit', '[{"op": "create", "data": {"name": "M"}}]') w $$,
    'a maker');
select results_eq(
    $$ select outcome from pg_temp.told(jsonb_build_array(jsonb_build_object('op', 'update', 'id', (select id from products where name = 'B'),
        'data', jsonb_build_object('cf_maker', (select id from accounts where name = 'M'))))) $$, array['updated'],
    'what is fixed may be filled');
select results_eq(
    $$ select outcome, detail -> 0 ->> 'code' from pg_temp.told(jsonb_build_array(jsonb_build_object(
        'op', 'update', 'id', (select id from products where name = 'B'), 'data', '{"cf_maker": null}'::jsonb))) $$,
    $$ values ('error', 'fixed') $$, 'and is never changed');

select throws_ok(
    $$ select update_custom_field('product', 'cf_kind', '{"options": ["b"]}', null, 'tests') $$, 'TD005', null,
    'an option that a record holds stays');
select throws_ok(
    $$ select update_custom_field('product', 'cf_kind', '{"label": "x"}', 7, 'tests') $$, 'TD002', null, 'another version');
select is(
    update_custom_field('product', 'cf_kind', '{"options": ["a", "c"], "hidden": true}', 1, 'tests') -> 'options', '["a", "c"]'::jsonb,
    'options change');
select results_eq(
    $$ select outcome from pg_temp.told('[{"op": "create", "data": {"name": "E"}}]') $$, array['created'],
    'what is hidden is not required');
select * from finish();
