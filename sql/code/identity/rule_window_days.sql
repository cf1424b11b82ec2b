-- Days of a rule's window: an identifier counts against the limit only if attached less than that before or after the event.
-- Null: for ever.
create or replace function rule_window_days(p_window text) returns int4
language sql immutable parallel safe
as $$
    select case p_window
        when 'ever' then null
        when 'weekly' then 7
        when 'monthly' then 30
        when 'annually' then 365
    end
$$;
