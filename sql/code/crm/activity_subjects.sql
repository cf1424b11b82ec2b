-- What an activity is about, as far as the caller may read it: [{"object", "id", "name", "phone"?, "account"?: {"id", "name"}}], the last two of persons (call_person).
create or replace function activity_subjects(p_activity uuid) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object('object', l.object, 'id', l.record_id, 'name', r.name)
            || case when l.object in ('contact', 'lead') then call_person(l.object, l.record_id) - 'name' else '{}' end order by l.object, r.name), '[]')
        from activity_links l
        cross join lateral (
            select a.name from accounts a where l.object = 'account' and a.id = l.record_id
            union all
            select coalesce(x.contact ->> 'name', x.contact ->> 'email')
            from contact_json(l.record_id) x (contact) where l.object = 'contact' and x.contact is not null
            union all
            select coalesce(x.lead ->> 'name', x.lead ->> 'email', x.lead ->> 'company')
            from lead_json(l.record_id) x (lead) where l.object = 'lead' and x.lead is not null
            union all
            select o.name from opportunities o where l.object = 'opportunity' and o.id = l.record_id
        ) r
        where l.activity_id = p_activity and r.name is not null and may_read(l.object, l.record_id)
    );
end
$$;
