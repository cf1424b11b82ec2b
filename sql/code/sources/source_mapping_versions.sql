-- The versions of a source's mapping, newest first, after the version p_after. Raises TD001.
create or replace function source_mapping_versions(p_source text, p_after int4, p_limit int4)
returns table (version int4, item jsonb)
language sql stable
as $$
    select m.version, source_mapping_json(s.name, m.version, m.rules, m.author, m.created_at)
    from source s
    join source_mapping m on m.source = s.id
    where s.id = source_number(p_source) and (p_after is null or m.version < p_after)
    order by m.version desc
    limit p_limit
$$;
