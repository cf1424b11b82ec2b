-- A page of normal_form that another version of the normaliser made, behind the row of p_kind and p_raw.
create or replace function outdated_normal_forms(p_kind text, p_raw text, p_limit integer) returns table (kind text, raw text)
language plpgsql stable
set enable_seqscan to off
as $$
begin
    return query
        select f.kind, f.raw from normal_form f
        where f.normalizer_version <> normalizer_version() and (f.kind, f.raw) > (p_kind, p_raw)
        order by f.kind, f.raw
        limit p_limit;
end
$$;
