-- Whose number it is (E.164), as links of an activity: the contacts, by their phone or a channel that works, the leads that are
-- still open, the accounts. More than three people are a switchboard: then the account alone, by its own number or because all of them are
-- at one.
create or replace function holders_of_number(p_number text) returns jsonb
language plpgsql stable
as $$
declare
    c_people constant int4 := 3;
    v_contacts uuid[];
    v_leads uuid[];
    v_accounts uuid[];
begin
    if p_number is null then
        return '[]';
    end if;
    v_contacts := array(
        select c.id from contacts c
        where c.phone_e164 = p_number and not exists (
            select from contact_channels h where h.contact_id = c.id and h.phone_e164 = p_number and h.invalid)
        union
        select h.contact_id from contact_channels h where h.phone_e164 = p_number and not h.invalid
        limit 1000);
    v_leads := array(select d.id from leads d where d.phone_e164 = p_number and d.status <> 'converted' limit 1000);
    v_accounts := array(select a.id from accounts a where a.phone_e164 = p_number order by a.id limit c_people);
    if cardinality(v_contacts) + cardinality(v_leads) > c_people then
        if v_accounts = '{}' then
            select case when count(distinct m.account_id) = 1 then array_agg(distinct m.account_id) else '{}' end
            into v_accounts
            from account_contacts m
            where m.contact_id = any (v_contacts) and (m."to" is null or m."to" >= current_date);
        end if;
        v_contacts := '{}';
        v_leads := '{}';
    end if;
    return (
        select coalesce(jsonb_agg(jsonb_build_object('object', r.object, 'record_id', r.id) order by r.object, r.id), '[]')
        from (
            select 'account' as object, id from unnest(v_accounts) id
            union all
            select 'contact', id from unnest(v_contacts) id
            union all
            select 'lead', id from unnest(v_leads) id
        ) r
    );
end
$$;
