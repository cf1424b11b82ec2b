-- Empties the tables of a new tenant, into which its migrations wrote first rows, for those of a backup. Answers the statements that
-- make its foreign keys again, which are gone until then, so that tables may come in any order. Run by the owner.
create or replace function empty_tenant() returns table (statement text)
language plpgsql
as $$
declare
    v_key record;
begin
    execute (
        select 'truncate ' || string_agg(format('%I.%I', n.nspname, c.relname), ', ')
        from pg_class c
        join pg_namespace n on n.oid = c.relnamespace
        where n.nspowner = current_user::regrole and c.relkind in ('r', 'p') and not c.relispartition
    );
    for v_key in
        select k.conname as name, format('%I.%I', n.nspname, c.relname) as relation, pg_get_constraintdef(k.oid) as definition
        from pg_constraint k
        join pg_class c on c.oid = k.conrelid
        join pg_namespace n on n.oid = c.relnamespace
        where k.contype = 'f' and k.conparentid = 0 and n.nspowner = current_user::regrole
        order by c.relname, k.conname
    loop
        execute format('alter table %s drop constraint %I', v_key.relation, v_key.name);
        statement := format('alter table %s add constraint %I %s', v_key.relation, v_key.name, v_key.definition);
        return next;
    end loop;
end
$$;
