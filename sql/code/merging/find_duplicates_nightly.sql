-- find_duplicates once a night, at two o'clock of the tenant, unless its timer is off: whichever server comes first does it, and the others find
-- it done. Answers how many suggestions are new; null: it is not the time.
create or replace function find_duplicates_nightly(p_now timestamptz, p_zone text, p_free_mail text[]) returns bigint
language plpgsql
as $$
declare
    v_timer record;
    v_next timestamptz;
    v_found bigint;
begin
    if to_regclass('timer') is null then
        return null;
    end if;
    select t.enabled, t.due_at into v_timer
    from timer t
    where t.name = 'duplicates' and (t.due_at is null or t.enabled and t.due_at <= p_now)
    for update skip locked;
    if not found then
        return null;
    end if;
    v_next := (((p_now at time zone known_zone(p_zone, 'UTC')) - interval '2 hours')::date + 1 + time '02:00')
        at time zone known_zone(p_zone, 'UTC');
    if v_timer.due_at is not null then
        v_found := find_duplicates(p_free_mail);
    end if;
    update timer t
    set due_at = v_next,
        ran_at = case when v_found is null then t.ran_at else p_now end,
        result = case when v_found is null then t.result else jsonb_build_object('found', v_found) end
    where t.name = 'duplicates';
    return v_found;
end
$$;
