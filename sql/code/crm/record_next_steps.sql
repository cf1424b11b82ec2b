-- What is planned around a record and not done (see planned_activities): an account's with that of its contacts and opportunities.
create or replace function record_next_steps(p_object text, p_id uuid, p_zone text, p_limit int4) returns table (activity jsonb)
language plpgsql stable
as $$
declare
    v_records uuid[] := array[p_id];
begin
    if p_object = 'account' then
        v_records := v_records || array(select c.contact_id from account_contacts c where c.account_id = p_id limit 1000)
            || array(select o.id from opportunities o where o.account_id = p_id limit 1000);
    end if;
    return query
    select p.activity from planned_activities(null, v_records, null, p_zone, now(), p_limit) p;
end
$$;
