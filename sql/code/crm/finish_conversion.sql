-- The end of a conversion: the lead's activities get links to what it became, its files are given to that as well, the lead says
-- so, and what was done is kept for unconvert_lead. Answers that.
create or replace function finish_conversion(
    p_lead jsonb, p_account jsonb, p_contact jsonb, p_opportunity jsonb, p_actor text
) returns jsonb
language plpgsql
as $$
declare
    v_id uuid := uuidv7();
    v_lead uuid := (p_lead ->> 'id')::uuid;
    v_links jsonb;
    v_files jsonb;
    v_done jsonb;
begin
    with linked as (
        insert into activity_links (activity_id, object, record_id, role)
        select l.activity_id, r.object, r.id, ''
        from activity_links l
        cross join (values
            ('account', (p_account ->> 'id')::uuid), ('contact', (p_contact ->> 'id')::uuid),
            ('opportunity', (p_opportunity ->> 'id')::uuid)
        ) r(object, id)
        where l.object = 'lead' and l.record_id = v_lead and r.id is not null
        order by 1, 2, 3
        on conflict do nothing
        returning activity_id, object, record_id
    )
    select coalesce(jsonb_agg(to_jsonb(l)), '[]') into v_links from linked l;
    v_files := copy_attachments(v_lead, (
        select coalesce(jsonb_agg(jsonb_build_object('object', r.object, 'id', r.id)), '[]')
        from (values ('account', p_account -> 'id'), ('contact', p_contact -> 'id'), ('opportunity', p_opportunity -> 'id')) r(object, id)
        where r.id <> 'null'
    ), p_actor, 'convert');
    -- What a hand said of the lead is a hand's word on the contact too.
    update field_source s set rank = 40
    from field_source l
    where s.record_id = (p_contact ->> 'id')::uuid and s.source = 0 and s.at = now() and s.rank = 20
      and l.record_id = v_lead and l.field = s.field and l.rank = 40;
    perform write_record('lead', jsonb_build_object('op', 'update', 'id', v_lead, 'data', jsonb_build_object(
        'status', 'converted', 'converted_account_id', p_account -> 'id', 'converted_contact_id', p_contact -> 'id',
        'converted_opportunity_id', p_opportunity -> 'id', 'converted_at', now()
    )), p_actor, 'convert');
    v_done := jsonb_build_object(
        'id', v_id, 'lead_id', v_lead, 'at', iso_time(now()),
        'account', p_account || (select jsonb_build_object('name', a.name) from accounts a where a.id = (p_account ->> 'id')::uuid),
        'contact', p_contact || (
            select jsonb_build_object('name', coalesce(c.name, c.email, c.phone)) from contacts c where c.id = (p_contact ->> 'id')::uuid
        ),
        'opportunity', p_opportunity || (
            select jsonb_build_object('name', o.name) from opportunities o where o.id = (p_opportunity ->> 'id')::uuid
        ),
        'activities', (select count(distinct l ->> 'activity_id') from jsonb_array_elements(v_links) l),
        'attachments', (select count(*) from attachments a where a.object_id = v_lead)
    );
    insert into lead_conversion (id, lead_id, at, actor, status_before, done, links, files)
    values (v_id, v_lead, now(), p_actor, p_lead ->> 'status', v_done, v_links, v_files);
    insert into outbox (topic, key, payload, at) values ('lead.converted', v_lead::text, v_done, now());
    return v_done;
end
$$;
