-- Makes the monthly partitions of the event log from the month before p_now to p_months months after it, and answers how many it
-- made. Made apart and then attached, under a short lock timeout: a partition made in place would lock the whole table. A month
-- that has events in the default partition already stays there. Run by the owner's role, never by ingest.
create or replace function ensure_event_partitions(p_now timestamptz, p_months int4) returns int4
language plpgsql
set timezone = 'UTC'
set lock_timeout = '2s'
as $$
declare
    v_schema text := (
        select n.nspname from pg_class c join pg_namespace n on n.oid = c.relnamespace where c.oid = 'event_log'::regclass
    );
    v_month timestamptz;
    v_name text;
    v_made int4 := 0;
begin
    for v_month in
        select generate_series(
            date_trunc('month', p_now) - interval '1 month', date_trunc('month', p_now) + make_interval(months => p_months),
            interval '1 month'
        )
    loop
        v_name := 'event_log_' || to_char(v_month, '"y"YYYY"m"MM');
        continue when to_regclass(format('%I.%I', v_schema, v_name)) is not null;
        continue when exists (select from event_log_default d where d.ts >= v_month and d.ts < v_month + interval '1 month');
        begin
            execute format(
                'create table %1$I.%2$I (like event_log including defaults including constraints including indexes)',
                v_schema, v_name
            );
            execute format(
                'alter table %1$I.%2$I alter payload set statistics 0, alter message_id set statistics 0', v_schema, v_name
            );
            execute format(
                'alter table %1$I.%2$I add constraint month check (ts >= %3$L and ts < %4$L)',
                v_schema, v_name, v_month, v_month + interval '1 month'
            );
            execute format(
                'alter table event_log attach partition %1$I.%2$I for values from (%3$L) to (%4$L)',
                v_schema, v_name, v_month, v_month + interval '1 month'
            );
            execute format('alter table %1$I.%2$I drop constraint month', v_schema, v_name);
            v_made := v_made + 1;
        exception
            -- A reader is in the way: the next run tries again.
            when lock_not_available then
                return v_made;
        end;
    end loop;
    return v_made;
end
$$;
