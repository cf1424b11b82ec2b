-- For how many days an event is kept; null: for ever. Of several rules the one with its name decides, else the one with its type, else `*`.
create or replace function retention_days(p_rules jsonb, p_type text, p_name text) returns int4
language sql immutable
as $$
    select (r.rule ->> 'days')::int4
    from jsonb_array_elements(p_rules) r(rule)
    where r.rule ->> 'type' in (p_type, '*') and (not r.rule ? 'event' or r.rule ->> 'event' = p_name)
    order by r.rule ? 'event' desc, r.rule ->> 'type' <> '*' desc
    limit 1
$$;
