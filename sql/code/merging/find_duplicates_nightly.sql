-- Looks for duplicates at two o'clock of the tenant, unless the timer is off: whichever server comes first begins, and the next step of a search
-- that is under way is done by whoever comes. Answers as step_duplicates does; null: there is nothing to do. A search that has taken 20
-- hours is given up; the next night begins another one.
create or replace function find_duplicates_nightly(p_now timestamptz, p_zone text, p_free_mail text[]) returns jsonb
language plpgsql
as $$
declare
    v_timer record;
    v_next timestamptz;
    v_progress jsonb;
begin
    if to_regclass('duplicate_search') is null then
        return null;
    end if;
    select t.enabled, t.due_at into v_timer
    from timer t
    where t.name = 'duplicates' and (t.due_at is null or t.enabled and t.due_at <= p_now)
    for update skip locked;
    if found then
        v_next := (((p_now at time zone known_zone(p_zone, 'UTC')) - interval '2 hours')::date + 1 + time '02:00')
            at time zone known_zone(p_zone, 'UTC');
        update timer t set due_at = v_next where t.name = 'duplicates';
        if v_timer.due_at is not null then
            update duplicate_search s set finished_at = p_now, remaining = '[]'
            where s.finished_at is null and s.begun_at < p_now - interval '20 hours';
            perform begin_duplicates();
        end if;
    end if;
    v_progress := step_duplicates(p_free_mail, false);
    if (v_progress ->> 'finished')::boolean then
        update timer t set ran_at = p_now, result = v_progress - 'finished' where t.name = 'duplicates';
    end if;
    return v_progress;
end
$$;
