-- What tells records apart in a list of hits, for those of them that the caller may read: their whole name, and what stands beside it.
create or replace function record_labels(p_objects text[], p_ids uuid[]) returns table (id uuid, name text, context text)
language plpgsql stable
as $$
begin
    return query
    select u.id, l.name, nullif(concat_ws(' · ', variadic l.context), '')
    from unnest(p_objects, p_ids) u(object, id)
    cross join lateral (
        select a.j ->> 'name' as name, array[a.j ->> 'domain', a.j ->> 'industry', a.j ->> 'city'] as context
        from account_json(u.id) a(j) where u.object = 'account' and a.j is not null
        union all
        select coalesce(c.j ->> 'name', c.j ->> 'email'), array[c.j ->> 'title', c.j ->> 'account', c.j ->> 'email']
        from contact_json(u.id) c(j) where u.object = 'contact' and c.j is not null
        union all
        select coalesce(d.j ->> 'name', d.j ->> 'email'), array[d.j ->> 'title', d.j ->> 'company', d.j ->> 'email', d.j ->> 'status']
        from lead_json(u.id) d(j) where u.object = 'lead' and d.j is not null
        union all
        select o.j ->> 'name', array[o.j ->> 'account', o.j ->> 'stage', o.j ->> 'owner']
        from opportunity_json(u.id) o(j) where u.object = 'opportunity' and o.j is not null
        union all
        select t.j ->> 'subject', array[t.j ->> 'account', t.j ->> 'contact', t.j ->> 'status']
        from ticket_json(u.id) t(j) where u.object = 'ticket' and t.j is not null
        union all
        select coalesce(y.j ->> 'subject', left(y.j ->> 'body', 80)), array[y.j ->> 'type', y.j ->> 'status', left(y.j ->> 'at', 10)]
        from activity_json(u.id) y(j) where u.object = 'activity' and y.j is not null
    ) l
    where may_read(u.object, u.id);
end
$$;
