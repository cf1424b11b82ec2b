-- A version of a source's mapping as API and command line show it.
create or replace function source_mapping_json(
    p_source text, p_version int4, p_rules jsonb, p_author text, p_created_at timestamptz
) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'source', p_source, 'version', p_version, 'rules', p_rules, 'author', p_author, 'created_at', iso_time(p_created_at))
$$;
