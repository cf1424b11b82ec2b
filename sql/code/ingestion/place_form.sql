-- What the submission of a form does beside being an event: p_form as FormReader makes it. Its person's open lead (see form_lead)
-- gets what it has not yet, else a lead is made with source, campaign and owner by the rules of the form; what people set stays.
-- A person with a contact gets no lead. form_submission tells what became of it, consent_statement what was agreed to.
-- p_later: see nodes_before. The caller holds the lock of forms.
create or replace function place_form(
    p_node bigint, p_event_id uuid, p_message_id text, p_ts timestamptz, p_flags int4, p_source int2, p_form jsonb,
    p_later text[]
) returns void
language plpgsql
as $$
declare
    c_may_write constant int4 := 384;   -- contacts or leads
    c_public constant int4 := 512;
    v_rank int2 := case when p_flags & c_public <> 0 then 10 else source_rank(p_source) end;
    v_name text := p_form ->> 'form';
    v_data jsonb := p_form -> 'data';
    v_form record;
    v_form_id uuid;
    v_nodes bigint[];
    v_lead uuid;
    v_found uuid;
    v_owner uuid;
    v_outcome text := 'none';
    v_reason text;
begin
    if exists (select from form_submission s where s.event_id = p_event_id) then
        return;     -- The same message, longer ago than duplicates are remembered.
    end if;
    v_form_id := form_named(v_name, p_source, p_ts);
    select f.makes_leads, f.lead_source, f.campaign into v_form from forms f where f.id = v_form_id;

    v_reason := case
        when p_node = 0 then 'no_person'
        when p_flags & c_may_write = 0 then 'source_may_not'
        when not v_form.makes_leads then 'form_makes_none'
        else p_form ->> 'fault'
    end;
    if coalesce(v_reason, 'no_address') = 'no_address' then
        v_nodes := nodes_before(p_node, p_later);
        if exists (select from contact_node k where k.node = any (v_nodes)) then
            v_reason := 'has_contact';
        else
            v_found := form_lead(v_nodes, v_data ->> 'email_norm', v_data ->> 'phone_e164');
            v_reason := case when v_found is null then v_reason end;
        end if;
    end if;

    if v_reason is null then
        -- Normal forms that SQL cannot derive.
        insert into normal_form (kind, raw, norm, normalizer_version)
        select n.kind, n.raw, n.norm, normalizer_version()
        from (values
            ('email', v_data ->> 'email', v_data ->> 'email_norm'), ('phone', v_data ->> 'phone', v_data ->> 'phone_e164')
        ) n(kind, raw, norm)
        where n.norm is distinct from normal_form_of(n.kind, n.raw)
        order by n.kind
        on conflict (kind, raw) do update set norm = excluded.norm, normalizer_version = excluded.normalizer_version;
        if v_found is null or not exists (
            select from leads d where d.id = v_found and d.owner_id is not null
            union all
            select from field_source f where f.record_id = v_found and f.field = 'owner_id'
        ) then
            v_owner := form_owner(v_form_id, v_nodes, p_form ->> 'domain', v_data ->> 'company_key');
        end if;
        v_data := v_data || jsonb_strip_nulls(jsonb_build_object(
            'source', coalesce(v_form.lead_source, (select s.name || ': ' from source s where s.id = p_source) || v_name),
            'campaign', coalesce(p_form -> 'campaign' ->> 'name', v_form.campaign), 'owner_id', v_owner
        ));
        select w.id, w.outcome, w.code into v_lead, v_outcome, v_reason
        from write_records(
            'lead', p_source, v_rank, p_ts, 'event', 'event',
            jsonb_build_array(jsonb_build_object('at', iso_time(p_ts), 'message_id', p_message_id, 'data', v_data) || case
                when v_found is null then jsonb_build_object('op', 'create', 'node', p_node)
                else jsonb_build_object('op', 'update', 'id', v_found, 'only_empty', true)
            end)
        ) w;
        if v_outcome = 'error' then
            v_outcome := 'none';
            v_lead := null;
        end if;
    end if;

    insert into form_submission (
        event_id, form, node, at, message_id, source, lead_id, owner_id, outcome, reason, page, referrer, campaign
    ) values (
        p_event_id, v_name, p_node, p_ts, p_message_id, p_source, v_lead, case when v_lead is not null then v_owner end,
        v_outcome, v_reason, p_form ->> 'page', p_form ->> 'referrer', p_form -> 'campaign'
    );
    insert into consent_statement (node, ts, message_id, source, categories, proof)
    select
        p_node, p_ts, p_message_id, p_source, jsonb_build_object(c.value ->> 'purpose', c.value -> 'given'),
        jsonb_strip_nulls(jsonb_build_object(
            'form', v_name, 'page', p_form ->> 'page', 'text', c.value ->> 'text', 'event_id', p_event_id
        ))
    from jsonb_array_elements(p_form -> 'consent') with ordinality c(value, place)
    order by c.place;
    update forms f
    set submission_count = f.submission_count + 1, lead_count = f.lead_count + (v_outcome = 'created')::int4,
        last_submitted_at = greatest(f.last_submitted_at, p_ts)
    where f.id = v_form_id;
end
$$;
