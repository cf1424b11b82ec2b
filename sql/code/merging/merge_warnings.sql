-- What is no reason against a merge of records, but worth a look before it: owners, persons, accounts that differ, open
-- opportunities on several sides.
create or replace function merge_warnings(p_name text, p_rows jsonb[], p_ends bigint[]) returns jsonb
language plpgsql stable
as $$
declare
    v_ids uuid[] := array(select (r ->> 'id')::uuid from unnest(p_rows) r);
    v_warnings text[] := '{}';
begin
    if (select count(distinct r ->> 'owner_id') from unnest(p_rows) r) > 1 then
        v_warnings := v_warnings || 'different_owners'::text;
    end if;
    if (select count(distinct n.component) from node n where n.id = any (p_ends)) > 1 then
        v_warnings := v_warnings || 'different_profiles'::text;
    end if;
    if to_regclass('opportunities') is null then
        return to_jsonb(v_warnings);
    end if;
    if p_name = 'contact' and (
        select count(distinct a.account_id) > max(a.held)
        from (
            select ac.account_id, count(*) over (partition by ac.contact_id) as held
            from (
                select distinct x.contact_id, x.account_id from account_contacts x
                where x.contact_id = any (v_ids) and (x."to" is null or x."to" > current_date)
            ) ac
        ) a
    ) then
        v_warnings := v_warnings || 'different_accounts'::text;
    end if;
    if (
        select count(distinct x.id)
        from (
            select o.account_id as id from opportunities o where o.account_id = any (v_ids) and o.status = 'open'
            union
            select c.contact_id
            from opportunity_contacts c join opportunities o on o.id = c.opportunity_id
            where c.contact_id = any (v_ids) and c."primary" and o.status = 'open'
        ) x
    ) > 1 then
        v_warnings := v_warnings || 'open_opportunities'::text;
    end if;
    return to_jsonb(v_warnings);
end
$$;
