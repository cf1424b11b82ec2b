-- Drops the procedures of builds that are past: neither the newest (setting tandem.code_schema) nor the one before it, and of no server
-- that was seen within ten minutes. The one before stays for servers of builds that did not say that they run, for commands that are
-- under way, and for a way back. Run as tandem_admin.
do $$
declare
    code text;
begin
    for code in
        select n.nspname
        from pg_namespace as n
        left join tandem.code_version as v on v.schema_name = n.nspname
        where n.nspname ~ '^tandem_code(_[0-9a-f]{10})?$' and n.nspname <> current_setting('tandem.code_schema')
            and not exists (
                select from tandem.server as s
                where s.code_schema = n.nspname and s.seen_at > clock_timestamp() - interval '10 minutes')
        -- Before there were versions there was one schema, the oldest of all.
        order by v.deployed_at desc nulls last
        offset 1
    loop
        execute format('drop schema %I cascade', code);
        delete from tandem.code_version as v where v.schema_name = code;
        if code = 'tandem_code' then
            delete from tandem.code_object;
        end if;
    end loop;
    delete from tandem.server as s where s.seen_at < clock_timestamp() - interval '1 day';
end
$$;
