-- Accounts, contacts and leads of the caller's reach with a number that ends as p_text does (see phone_ending), however it was written; of each
-- object at most p_limit. The indexes NAME_digits hold digits from the last to the first.
create or replace function phone_records(p_text text, p_limit int4) returns table (object text, id uuid, title text)
language plpgsql stable
as $$
#variable_conflict use_column
declare
    c_most constant int4 := 500;
    v_ending text := reverse(phone_ending(p_text));
begin
    if v_ending is null then
        return;
    end if;
    if shows_field('account', 'phone') then
        return query
        select 'account', a.id, case when shows_field('account', 'name') then a.name end
        from accounts a
        where a.id = any (readable_ids('account', array(
            select t.id from accounts t
            where t.phone is not null and reverse(regexp_replace(t.phone, '[^0-9]', '', 'g')) collate "C" >= v_ending
                and reverse(regexp_replace(t.phone, '[^0-9]', '', 'g')) collate "C" < v_ending || ':'
            limit c_most
        )))
        order by a.name, a.id
        limit p_limit;
    end if;
    if to_regclass('contacts') is null then
        return;
    end if;
    return query
    select 'contact', c.id, case when shows_field('contact', 'name') then c.name end
    from contacts c
    where c.id = any (readable_ids('contact', contacts_with_number(p_text, c_most)))
    order by c.name, c.id
    limit p_limit;
    if shows_field('lead', 'phone') then
        return query
        select 'lead', d.id, case when shows_field('lead', 'name') then nullif(concat_ws(' ', d.first_name, d.last_name), '') end
        from leads d
        where d.id = any (readable_ids('lead', array(
            select t.id from leads t
            where t.phone is not null and reverse(regexp_replace(t.phone, '[^0-9]', '', 'g')) collate "C" >= v_ending
                and reverse(regexp_replace(t.phone, '[^0-9]', '', 'g')) collate "C" < v_ending || ':'
            limit c_most
        )))
        order by 3, d.id
        limit p_limit;
    end if;
end
$$;
