-- Drops every view of a tenant's first schema, so that the whole set can be created again. Run as its owner.
create or replace function drop_bi_views(p_schema text) returns void
language plpgsql
as $$
declare
    views text;
begin
    select string_agg(format('%I.%I', n.nspname, c.relname), ', ') into views
    from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
    where n.nspname = p_schema and c.relkind = 'v';
    if views is not null then
        execute 'drop view ' || views || ' cascade';
    end if;
end
$$;
