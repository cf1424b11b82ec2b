-- Whether an identifier says of two profiles, by their labels, that they have to do with each other, and the rules kept them apart all the
-- same: a trait of one is an identifier of the other, or an event of one named it and it was demoted. A likeness is no news there.
create or replace function rules_part_profiles(p_a bigint, p_b bigint) returns boolean
language plpgsql stable
as $$
begin
    if exists (
        select
        from (values (p_a, p_b), (p_b, p_a)) x (one, other)
        join node n on n.component = x.one
        join identifier i on i.node = n.id
        join node o on o.component = x.other
        where i.type = 'email' and i.value = lower(btrim(o.traits ->> 'email'))
           or i.type = 'phone' and right(i.value, 8) = right(regexp_replace(o.traits ->> 'phone', '\D', '', 'g'), 8)
    ) then
        return true;
    end if;
    return to_regclass('event_log') is not null and exists (
        select
        from (values (p_a, p_b), (p_b, p_a)) x (one, other)
        join node n on n.component = x.one
        join identifier i on i.node = n.id
        join demotion d on d.type = i.type and d.value = i.value and d.event_id is not null
        join node o on o.component = x.other
        join event_log e on e.node = o.id and e.event_id = d.event_id
    );
end
$$;
