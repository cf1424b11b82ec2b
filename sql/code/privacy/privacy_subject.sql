-- Whom an identifier (p_kind identifier: p_type and p_value, normalised) or the id of a profile, contact or lead means: the nodes of
-- the profile, its contacts and leads, live or in the bin. An address or number that several persons share raises TD013, unless p_all
-- says that all of them are meant; what lies in the bin without a profile goes with whoever is meant. Nobody: nothing but empty lists.
create or replace function privacy_subject(
    p_kind text, p_type text, p_value text, p_all boolean, out nodes bigint[], out contacts uuid[], out leads uuid[]
)
language plpgsql stable
as $$
declare
    v_seeds bigint[] := '{}';
    v_persons text[];
    v_raw text[] := '{}';
begin
    contacts := '{}';
    leads := '{}';
    if p_kind = 'identifier' then
        v_seeds := array(select i.node from identifier i where i.type = p_type and i.value = p_value);
        if p_type = 'phone' then
            -- A number may be a trait alone, as it was sent.
            if to_regclass('normal_form') is not null then
                v_raw := array(select f.raw from normal_form f where f.kind = 'phone' and f.norm = p_value);
            end if;
            v_seeds := v_seeds || array(
                select n.id from node n
                where n.traits ->> 'phone' is not null and (
                    n.traits ->> 'phone' = any (v_raw)
                    or regexp_replace(regexp_replace(n.traits ->> 'phone', '[ ()./-]', '', 'g'), '^00', '+') = p_value));
        end if;
    elsif p_kind = 'profile' then
        v_seeds := array(select n.id from node n where n.public_id = p_value::uuid and n.erased_at is null);
    end if;
    if to_regclass('contact_node') is not null then
        if p_kind = 'contact' then
            contacts := array(
                select c.id from contacts c where c.id = p_value::uuid
                union
                select b.record_id from bin b where b.object = 'contact' and b.record_id = p_value::uuid);
        elsif p_kind = 'lead' then
            leads := array(
                select l.id from leads l where l.id = p_value::uuid
                union
                select b.record_id from bin b where b.object = 'lead' and b.record_id = p_value::uuid);
        elsif p_kind = 'identifier' and p_type in ('email', 'phone') then
            contacts := array(
                select c.id from contacts c where p_type = 'email' and c.email_norm = p_value
                union
                select c.id from contacts c where p_type = 'phone' and c.phone_e164 = p_value
                union
                select c.contact_id from contact_channels c
                where p_type = 'email' and c.kind = 'email' and lower(c.value) = p_value
                    or p_type = 'phone' and c.phone_e164 = p_value
                union
                select b.id from binned_persons() b
                where b.object = 'contact' and p_value = any (case p_type when 'email' then b.emails else b.phones end)
            );
            leads := array(
                select l.id from leads l where p_type = 'email' and l.email_norm = p_value
                union
                select l.id from leads l where p_type = 'phone' and l.phone_e164 = p_value
                union
                select b.id from binned_persons() b
                where b.object = 'lead' and p_value = any (case p_type when 'email' then b.emails else b.phones end)
            );
        end if;
        v_seeds := v_seeds
            || array(select l.node from contact_node l where l.contact_id = any (contacts))
            || array(select l.node from lead_node l where l.lead_id = any (leads))
            || array(select b.node from binned_persons() b where b.id = any (contacts || leads) and b.node is not null);
    end if;
    nodes := array(
        select m.id from node m
        where m.component in (select n.component from node n where n.id = any (v_seeds) and n.erased_at is null)
        order by m.id
    );
    v_persons := array(
        select 'profile ' || c.profile_id
        from component c
        where c.label in (select n.component from node n where n.id = any (nodes))
    );
    if contacts <> '{}' or leads <> '{}' then
        -- Those without a profile are persons of their own.
        v_persons := v_persons
            || array(select 'contact ' || c.id from contacts c where c.id = any (contacts)
                and not exists (select from contact_node l where l.contact_id = c.id))
            || array(select 'lead ' || d.id from leads d where d.id = any (leads)
                and not exists (select from lead_node l where l.lead_id = d.id));
    end if;
    if cardinality(v_persons) > 1 and not p_all then
        raise exception '% persons have it', cardinality(v_persons) using errcode = 'TD013',
            detail = format(
                'Several persons share it (%s): name the one that is meant, or say that all are.',
                array_to_string(v_persons[1:5], ', ') || case when cardinality(v_persons) > 5 then ', …' else '' end
            );
    end if;
    if to_regclass('contact_node') is not null then
        contacts := array(
            select c from unnest(contacts) c
            union
            select l.contact_id from contact_node l where l.node = any (nodes)
            union
            select b.id from binned_persons() b where b.object = 'contact' and b.node = any (nodes)
            order by 1
        );
        leads := array(
            select l from unnest(leads) l
            union
            select l.lead_id from lead_node l where l.node = any (nodes)
            union
            select b.id from binned_persons() b where b.object = 'lead' and b.node = any (nodes)
            union
            select l.id from leads l where l.converted_contact_id = any (contacts)
            order by 1
        );
    end if;
end
$$;
