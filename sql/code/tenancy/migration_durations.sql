-- How long the named migrations took where they were applied: the mean over tenants, in milliseconds.
create or replace function migration_durations(p_paths text[]) returns table (path text, tenants bigint, duration_ms double precision)
language sql stable
as $$
    select m.path, count(*), avg(m.duration_ms)::double precision
    from tandem.tenant_migration as m
    where m.path = any (p_paths)
    group by m.path
$$;
