-- Opens a suggestion for each pair of records of p_objects that have a sign in common, with the reasons; pairs that somebody dismissed stay dismissed.
-- Accounts: company (the same company key), domain (none of p_free_mail). Contacts: email, phone_and_name (phone and last name),
-- name_and_account. Leads: email, among each other and with contacts. A phone or domain that more than three have, as a switchboard's,
-- says nothing. Of more than ten records alike each is paired with the first alone. Answers how many suggestions are new.
create or replace function duplicate_signs(p_free_mail text[], p_objects text[]) returns bigint
language plpgsql
set jit to off
as $$
declare
    v_new bigint;
begin
    if to_regclass('duplicate_suggestion') is null then
        return 0;
    end if;
    with sign as (
        select 'account' as object, a.id, 'company' as reason, a.company_key as value, null::int4 as holders
        from accounts a where a.company_key <> ''
        union all
        select 'account', a.id, 'domain', a.domain, 3 from accounts a where a.domain <> '' and a.domain <> all (p_free_mail)
        union all
        select 'contact', c.id, 'email', c.email_norm, null from contacts c where c.email_norm <> ''
        union all
        select 'contact', c.id, 'phone_and_name', c.phone_e164 || ' ' || lower(c.last_name), null
        from contacts c
        where c.last_name <> '' and c.phone_e164 in (
            select p.phone_e164 from contacts p where p.phone_e164 is not null group by p.phone_e164 having count(*) between 2 and 3
        )
        union all
        select distinct 'contact', c.id, 'name_and_account', lower(c.name) || ' ' || a.account_id, null::int4
        from contacts c join account_contacts a on a.contact_id = c.id
        where c.first_name <> '' and c.last_name <> ''
        union all
        select 'lead', l.id, 'email', l.email_norm, null from leads l where l.email_norm <> '' and l.status <> 'converted'
    ), placed as (
        select s.*, count(*) over same as size, row_number() over (same order by s.id) as place
        from sign s
        where s.object = any (p_objects)
        window same as (partition by s.object, s.reason, s.value)
    ), pair as (
        select x.object, x.id as a, x.object as other_object, y.id as b, x.reason
        from placed x
        join placed y on y.object = x.object and y.reason = x.reason and y.value = x.value and y.id > x.id
        where x.size > 1 and (x.holders is null or x.size <= x.holders) and (x.size <= 10 or x.place = 1)
        union all
        select 'lead', l.id, 'contact', c.id, 'email'
        from leads l join contacts c on c.email_norm = l.email_norm
        where l.email_norm <> '' and l.status <> 'converted' and 'lead' = any (p_objects)
    ), found as (
        select p.object, p.a, p.other_object, p.b, array_agg(distinct p.reason order by p.reason) as reasons
        from pair p
        group by p.object, p.a, p.other_object, p.b
    ), kept as (
        insert into duplicate_suggestion as d (id, object, a, b, other_object, reasons, created_at)
        select uuidv7(), f.object, f.a, f.b, f.other_object, f.reasons, now() from found f order by f.a, f.b
        on conflict (a, b) do update
        set reasons = array(select distinct r from unnest(d.reasons || excluded.reasons) r order by 1)
        where d.state = 'open' and not d.reasons @> excluded.reasons
        returning d.xmax = 0 as is_new
    )
    select count(*) filter (where k.is_new) into v_new from kept k;
    return v_new;
end
$$;
