-- What an activity that is logged at a record is about: the record, and the account that a contact stands for or an opportunity belongs to.
-- No rows if there is no such record.
create or replace function activity_targets(p_object text, p_id uuid) returns table (object text, record_id uuid)
language plpgsql stable
as $$
begin
    return query
    select 'account', a.id from accounts a where p_object = 'account' and a.id = p_id
    union all
    select 'lead', d.id from leads d where p_object = 'lead' and d.id = p_id
    union all
    select x.object, x.id
    from contacts c
    cross join lateral (values ('contact', c.id), ('account', (contact_json(c.id) ->> 'account_id')::uuid)) x (object, id)
    where p_object = 'contact' and c.id = p_id and x.id is not null
    union all
    select x.object, x.id
    from opportunities o
    cross join lateral (values ('opportunity', o.id), ('account', o.account_id)) x (object, id)
    where p_object = 'opportunity' and o.id = p_id and x.id is not null;
end
$$;
