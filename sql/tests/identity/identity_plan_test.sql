-- identity_plan: what is another profile's afterwards, or another value.
select plan(3);

create function pg_temp.state(p_id text, p_contacts jsonb) returns jsonb
language sql immutable
as $$
    select jsonb_build_object(
        'id', p_id, 'name', p_id, 'identifiers', '[]'::jsonb, 'traits', '{}'::jsonb, 'consent', '{}'::jsonb, 'accounts', '[]'::jsonb,
        'contacts', p_contacts, 'opportunities', '[]'::jsonb, 'audiences', '[]'::jsonb)
$$;
create temp table done as
select identity_plan(
    jsonb_build_array(
        pg_temp.state('a', '[{"id": 1, "name": "Ann Ahrens", "fields": {"last_name": "Ahrens"}}]'),
        pg_temp.state('b', '[{"id": 2, "name": "Anna Arens", "fields": {"last_name": "Arens"}}]')),
    jsonb_build_array(
        pg_temp.state('a', '[{"id": 1, "name": "Ann Arens", "fields": {"last_name": "Arens"}},
            {"id": 2, "name": "Anna Arens", "fields": {"last_name": "Arens"}}]'))) as plan;

select is(jsonb_array_length(plan -> 'contacts'), 2, 'a record that gets another name is one record') from done;
select is(
    plan -> 'contacts' -> 0,
    '{"id": 1, "name": "Ann Arens", "before": [{"profile": "a"}], "after": [{"profile": "a"}], "fields": {"last_name": ["Ahrens", "Arens"]}}',
    'with the name that it will have, and what changes of it') from done;
select is(
    plan -> 'contacts' -> 1 -> 'after', '[{"profile": "a"}]', 'the other one is another person''s') from done;
