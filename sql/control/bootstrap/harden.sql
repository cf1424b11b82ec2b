-- What a read-only login could still do by default, closed. Run by the superuser: of the embedded server once, before any
-- other login exists; of another one by hand, after the first start of Tandem, whose login is called tandem
-- (docs/operating.md). Idempotent. As another user these revokes only warn. The size functions stay: psql's \dt+ needs them.
do $$
declare
    target regprocedure;
begin
    execute format('revoke temporary on database %I from public', current_database());
    execute format('revoke connect on database %I from public', current_database());
    execute format('grant connect on database %I to tandem_admin, tandem_bi, tandem', current_database());
    revoke all on schema public from public;
    -- Functions of a login's own, even in pg_temp.
    revoke usage on language sql, plpgsql from public;
    grant usage on language sql, plpgsql to tandem_admin;
    for target in
        select p.oid::regprocedure
        from pg_proc as p
        where p.pronamespace = 'pg_catalog'::regnamespace
          and (
              -- Locks that outlive a statement, and ours could be held for ever.
              p.proname like 'pg\_advisory\_%' or p.proname like 'pg\_try\_advisory\_%'
              -- Large objects: a reader could fill the disk.
              or p.proname in ('lo_creat', 'lo_create', 'lo_from_bytea', 'lo_import', 'lo_export', 'lo_open', 'lo_put',
                  'lo_get', 'lo_truncate', 'lo_truncate64', 'lo_unlink', 'lo_close', 'lo_lseek', 'lo_lseek64', 'lo_tell',
                  'lo_tell64', 'loread', 'lowrite')
              -- A reader could fill the write-ahead log.
              or p.proname = 'pg_logical_emit_message'
              -- Snapshots and sleep hold back vacuum; notifications are hints that others could forge.
              or p.proname in ('pg_sleep', 'pg_sleep_for', 'pg_sleep_until', 'pg_export_snapshot', 'pg_notify')
              -- Activity of other tenants.
              or p.proname in ('pg_stat_get_activity', 'pg_stat_get_tuples_inserted', 'pg_stat_get_tuples_updated',
                  'pg_stat_get_tuples_deleted', 'pg_stat_get_live_tuples', 'pg_stat_get_dead_tuples',
                  'pg_stat_get_tuples_returned', 'pg_stat_get_tuples_fetched', 'pg_stat_get_numscans',
                  'pg_stat_get_mod_since_analyze', 'pg_stat_get_ins_since_vacuum')
          )
    loop
        execute format('revoke execute on function %s from public', target);
        -- Whoever watches may see activity: the service's administration role, and what is a member of pg_monitor.
        if starts_with(target::text, 'pg_stat_get_') then
            execute format('grant execute on function %s to tandem_admin, pg_monitor', target);
        end if;
    end loop;
    -- The service watches and cancels.
    grant pg_monitor, pg_signal_backend to tandem_admin;
end
$$;
