-- Drops the procedures of builds that are past: neither the newest (setting tandem.code_schema) nor the one before it, and of no server
-- that was seen within ten minutes. The one before stays for commands that are under way and for a way back; tandem_code, of builds that
-- do not say that they run, for a day. Run as tandem_admin.
do $$
declare
    code text;
begin
    -- Nobody finds a schema there that is gone a moment later.
    lock table tandem.code_version in share row exclusive mode;
    for code in
        select n.nspname
        from pg_namespace as n
        left join tandem.code_version as v on v.schema_name = n.nspname
        where n.nspname ~ '^tandem_code(_[0-9a-f]{10})?$' and n.nspname <> current_setting('tandem.code_schema')
            and (n.nspname <> 'tandem_code'
                or (select min(o.deployed_at) from tandem.code_version as o) < clock_timestamp() - interval '1 day')
            and not exists (
                select from tandem.server as s
                where s.code_schema = n.nspname and s.seen_at > clock_timestamp() - interval '10 minutes')
        -- Before there were versions there was one schema, the oldest of all.
        order by v.deployed_at desc nulls last
        offset 1
    loop
        begin
            execute coalesce((
                select 'drop routine ' || string_agg(p.oid::regprocedure::text, ', ')
                from pg_proc as p
                where p.pronamespace = code::regnamespace), 'select');
            execute format('drop schema %I', code);
            delete from tandem.code_version as v where v.schema_name = code;
            if code = 'tandem_code' then
                delete from tandem.code_object;
            end if;
        exception when dependent_objects_still_exist then
            raise warning 'the procedures of a build that is past stay in %: something that Tandem did not make uses them', code
                using detail = sqlerrm;
        end;
    end loop;
    delete from tandem.server as s where s.seen_at < clock_timestamp() - interval '1 day';
end
$$;
