-- A BI login that makes models makes views and nothing else: no copies of what an erased person was known by, no disk that fills up. Only a
-- superuser may say so (an event trigger): tandem does on the embedded server; elsewhere this is run by one. Safe to repeat.
create or replace function tandem.guard_bi_models() returns event_trigger
language plpgsql
set search_path = pg_catalog, pg_temp
as $$
begin
    -- Neither a role that is set nor a function changes who has logged in.
    if session_user::text !~ '^t_[0-9a-z]{10}_b[0-9]+$' then
        return;
    end if;
    -- ALTER TABLE renames views, too; tables it has none.
    if tg_tag not in ('CREATE VIEW', 'ALTER VIEW', 'ALTER TABLE', 'DROP VIEW', 'COMMENT') then
        raise exception 'a BI login makes views and nothing else: % is closed', lower(tg_tag)
            using errcode = '42501', hint = 'In dbt: materialized: view.';
    end if;
    if tg_tag = 'CREATE VIEW' and (
        select count(*) from pg_class as c join pg_namespace as n on n.oid = c.relnamespace
        where n.nspname = left(session_user::text, 12) || '_m' and c.relkind = 'v'
    ) >= 500 then
        raise exception 'there are 500 models already' using errcode = '54000', hint = 'Drop those that nobody reads.';
    end if;
end
$$;
drop event trigger if exists tandem_bi_models;
create event trigger tandem_bi_models on ddl_command_start execute function tandem.guard_bi_models();
