-- What goes with a tenant: rows as PostgreSQL estimates them, bytes on disk, BI logins, keys and sources.
create or replace function tenant_extent(p_tenant uuid)
returns table (rows bigint, bytes bigint, bi_logins bigint, keys bigint, sources bigint)
language sql stable
as $$
    select
        r.rows, r.bytes,
        (select count(*) from tandem.bi_login as l where l.tenant = t.id and l.revoked_at is null),
        (
            select count(*) from tandem.api_key as k
            where k.tenant = t.id and k.revoked_at is null and (k.expires_at is null or k.expires_at > now())
        ),
        (select count(*) from tandem.source as s where s.tenant = t.id)
    from tandem.tenant as t
    cross join lateral (
        select
            -- A table that was never analyzed has -1.
            coalesce(sum(greatest(c.reltuples, pg_stat_get_live_tuples(c.oid))), 0)::bigint as rows,
            coalesce(sum(pg_total_relation_size(c.oid)), 0)::bigint as bytes
        from pg_class as c
        where c.relkind = 'r' and c.relnamespace in (to_regnamespace(t.schema_name), to_regnamespace(t.schema_name || '_i'))
    ) as r
    where t.id = p_tenant
$$;
