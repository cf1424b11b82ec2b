-- What is due of a tenant with records: reminders ring, and tasks that go on at their time come again; of each at most p_limit. Answers
-- whether find_duplicates_nightly has something to do.
create or replace function run_timers(p_now timestamptz, p_limit int4) returns boolean
language plpgsql
as $$
begin
    perform from ring_reminders(p_now, p_limit);
    perform make_due_tasks(p_now, p_limit);
    return exists (
        select from timer t where t.name = 'duplicates' and (t.due_at is null or t.enabled and t.due_at <= p_now)
    ) or exists (select from duplicate_search s where s.finished_at is null);
end
$$;
