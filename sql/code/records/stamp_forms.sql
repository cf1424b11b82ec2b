-- Adds to items of update_records normalizer_version where it changes with what they write: of a record whose forms an older normaliser made
-- only if all of them come from this write, else the oldest stays and doctor --fix makes them anew; one that a newer normaliser made, whose
-- server runs beside this one, goes back to this version.
create or replace function stamp_forms(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql stable
as $$
declare
    v_companions jsonb := p_object -> 'companions';
    -- Contacts with numbers beside their first: those are as old as they were.
    v_apart uuid[] := '{}';
begin
    if p_object ->> 'object' = 'contact' then
        v_apart := array(
            select h.contact_id from contact_channels h
            where h.contact_id = any (array(select (i ->> 'id')::uuid from unnest(p_items) i))
                and h.kind in ('phone', 'mobile') and not h."primary");
    end if;
    return array(
        select case when not s.is_written or s.version = normalizer_version() or s.version < normalizer_version() and not s.is_whole
            then u.i else jsonb_set(u.i, '{new,normalizer_version}', to_jsonb(normalizer_version())) end
        from unnest(p_items) with ordinality u (i, n)
        cross join lateral (
            select (u.i -> 'old' ->> 'normalizer_version')::integer as version,
                u.i ? 'old' and not u.i ? 'outcome' and not u.i -> 'new' ? 'normalizer_version'
                    and (u.i -> 'new' ? 'domain' or coalesce(bool_or(u.i -> 'new' ? c.key or u.i -> 'new' ? c.value), false)) as is_written,
                not (u.i ->> 'id')::uuid = any (v_apart)
                    and (u.i -> 'old' ->> 'domain' is null or u.i -> 'new' ? 'domain')
                    and coalesce(bool_and(case
                        when u.i -> 'new' ? c.value then u.i -> 'new' -> c.value = coalesce(u.i -> 'given' -> c.value, 'null')
                        else coalesce(u.i -> 'old' ->> c.value, '') = '' end), false) as is_whole
            from jsonb_each_text(v_companions) c) s
        order by u.n);
end
$$;
