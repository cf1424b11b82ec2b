-- Switches a timer on or off and answers it as timer_list does; what is switched on waits for its next night. Raises TD001.
create or replace function timer_update(p_name text, p_enabled boolean, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_was boolean;
begin
    if to_regclass('timer') is not null then
        select t.enabled into v_was from timer t where t.name = p_name for update;
    end if;
    if v_was is null then
        raise exception 'no such timer' using errcode = 'TD001';
    end if;
    if v_was <> p_enabled then
        update timer t set enabled = p_enabled, due_at = null where t.name = p_name;
        perform append_audit(p_actor, 'timer.update', 'timer', p_name, jsonb_build_object('enabled', p_enabled));
    end if;
    return (select l.timer from timer_list() l where l.timer ->> 'name' = p_name);
end
$$;
