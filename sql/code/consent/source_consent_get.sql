-- What a source enforces of consent; version 0 without rules where none was ever put. Raises TD001.
create or replace function source_consent_get(p_source text) returns jsonb
language sql stable
as $$
    select source_mapping_json(s.name, coalesce(c.version, 0), coalesce(c.rules, '[]'), c.author, c.created_at)
    from source s
    left join lateral (
        select x.version, x.rules, x.author, x.created_at
        from source_consent x
        where x.source = s.id
        order by x.version desc
        limit 1
    ) c on true
    where s.id = source_number(p_source)
$$;
