-- Lets a BI login with a role read exactly these columns: {relation: [column]}; what is not there is passed over. Answers whether
-- anything changed. Run by the owner: what was granted before and is not any more ends with this transaction.
create or replace function grant_bi_columns(p_login text, p_role uuid, p_columns jsonb) returns boolean
language plpgsql
as $$
declare
    v_schema text := current_schema();
    v_known jsonb;
    v_relation text;
    v_columns text;
begin
    insert into bi_grantee (login, role_id) values (p_login, p_role) on conflict (login) do nothing;
    select g.columns into v_known from bi_grantee g where g.login = p_login for update;
    if v_known = p_columns then
        return false;
    end if;
    execute format('revoke select on all tables in schema %I from %I', v_schema, p_login);
    execute format('grant usage on schema %I to %I', v_schema, p_login);
    for v_relation, v_columns in
        select c.relname, string_agg(quote_ident(a.attname), ', ' order by a.attnum)
        from jsonb_each(p_columns) r
        join pg_class c on c.relnamespace = v_schema::regnamespace and c.relname = r.key and c.relkind in ('r', 'p')
        join pg_attribute a on a.attrelid = c.oid and a.attnum > 0 and not a.attisdropped and r.value ? a.attname
        group by c.relname
    loop
        execute format('grant select (%s) on %I.%I to %I', v_columns, v_schema, v_relation, p_login);
    end loop;
    update bi_grantee g set columns = p_columns where g.login = p_login;
    return true;
end
$$;
