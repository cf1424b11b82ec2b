-- What was reminded of was seen: of one activity. Answers how many reminders those were. Raises TD001.
create or replace function see_reminders(p_activity uuid, p_now timestamptz, p_actor text) returns bigint
language plpgsql
as $$
declare
    v_seen bigint;
begin
    if not exists (select from activities a where a.id = p_activity and may_read('activity', a.id)) then
        raise exception 'no such activity' using errcode = 'TD001';
    end if;
    update reminder r set seen_at = p_now
    where r.activity_id = p_activity and r.sent_at is not null and r.seen_at is null;
    get diagnostics v_seen = row_count;
    if v_seen > 0 then
        perform append_audit(p_actor, 'reminder.seen', 'activity', p_activity::text, jsonb_build_object('seen', v_seen));
    end if;
    return v_seen;
end
$$;
