-- Whom an identifier (p_kind identifier: p_type and p_value, normalised) or the id of a profile, contact or lead means: the nodes of
-- the profile, its contacts and leads, live ones. An address or number that several persons share raises TD013, unless p_all says
-- that all of them are meant. Nobody: nothing but empty lists.
create or replace function privacy_subject(
    p_kind text, p_type text, p_value text, p_all boolean, out nodes bigint[], out contacts uuid[], out leads uuid[]
)
language plpgsql stable
as $$
declare
    v_seeds bigint[] := '{}';
    v_persons text[];
begin
    contacts := '{}';
    leads := '{}';
    if p_kind = 'identifier' then
        v_seeds := array(select i.node from identifier i where i.type = p_type and i.value = p_value);
    elsif p_kind = 'profile' then
        v_seeds := array(select n.id from node n where n.public_id = p_value::uuid and n.erased_at is null);
    end if;
    if to_regclass('contact_node') is not null then
        if p_kind = 'contact' then
            contacts := array(select c.id from contacts c where c.id = p_value::uuid);
        elsif p_kind = 'lead' then
            leads := array(select l.id from leads l where l.id = p_value::uuid);
        elsif p_kind = 'identifier' and p_type in ('email', 'phone') then
            contacts := array(
                select c.id from contacts c where p_type = 'email' and c.email_norm = p_value
                union
                select c.id from contacts c where p_type = 'phone' and c.phone_e164 = p_value
                union
                select c.contact_id from contact_channels c
                where p_type = 'email' and c.kind = 'email' and lower(c.value) = p_value
                    or p_type = 'phone' and c.phone_e164 = p_value
            );
            leads := array(
                select l.id from leads l where p_type = 'email' and l.email_norm = p_value
                union
                select l.id from leads l where p_type = 'phone' and l.phone_e164 = p_value
            );
        end if;
        v_seeds := v_seeds
            || array(select l.node from contact_node l where l.contact_id = any (contacts))
            || array(select l.node from lead_node l where l.lead_id = any (leads));
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
            || array(select 'contact ' || c from unnest(contacts) c
                where not exists (select from contact_node l where l.contact_id = c))
            || array(select 'lead ' || d from unnest(leads) d
                where not exists (select from lead_node l where l.lead_id = d));
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
            order by 1
        );
        leads := array(
            select l from unnest(leads) l
            union
            select l.lead_id from lead_node l where l.node = any (nodes)
            union
            select l.id from leads l where l.converted_contact_id = any (contacts)
            order by 1
        );
    end if;
end
$$;
