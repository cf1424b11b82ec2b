-- The statement that copies rows of these columns into a table of the tenant. Raises TD013 where it has no such table or column. Run by
-- the owner.
create or replace function copy_in_statement(p_relation text, p_columns text[]) returns text
language plpgsql stable
as $$
declare
    v_missing text;
    v_known text[] := (select t.columns from tenant_tables() t where t.relation = p_relation);
begin
    if v_known is null then
        raise exception 'the backup has a table that this version does not know: %', p_relation using errcode = 'TD013';
    end if;
    select c into v_missing from unnest(p_columns) c where c <> all (v_known) limit 1;
    if v_missing is not null then
        raise exception 'the backup has a column that this version does not know: %.%', p_relation, v_missing using errcode = 'TD013';
    end if;
    return (
        select format('copy %I.%I (%s) from stdin', n.nspname, c.relname, (select string_agg(quote_ident(k), ', ') from unnest(p_columns) k))
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where c.oid = to_regclass(quote_ident(p_relation))
    );
end
$$;
