-- The mapping of a source that is in force; version 0 without rules where none was ever put. Raises TD001.
create or replace function source_mapping_get(p_source text) returns jsonb
language sql stable
as $$
    select source_mapping_json(s.name, coalesce(m.version, 0), coalesce(m.rules, '[]'), m.author, m.created_at)
    from source s
    left join lateral (
        select x.version, x.rules, x.author, x.created_at
        from source_mapping x
        where x.source = s.id
        order by x.version desc
        limit 1
    ) m on true
    where s.id = source_number(p_source)
$$;
