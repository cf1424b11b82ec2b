-- Contacts with a number that ends as p_text does (see phone_ending), however it was written, as far as the caller may see their numbers; at most
-- p_limit. Who reads them looks for itself whether the caller may. The index contact_channels_digits holds digits from the last to the first.
create or replace function contacts_with_number(p_text text, p_limit int4) returns uuid[]
language plpgsql stable
as $$
declare
    v_ending text := reverse(phone_ending(p_text));
begin
    if v_ending is null or not shows_field('contact', 'phone') then
        return '{}';
    end if;
    return array(
        select h.contact_id
        from contact_channels h
        where h.kind in ('phone', 'mobile') and (h."primary" or shows_field('contact', 'channels'))
            and reverse(regexp_replace(h.value, '[^0-9]', '', 'g')) collate "C" >= v_ending
            and reverse(regexp_replace(h.value, '[^0-9]', '', 'g')) collate "C" < v_ending || ':'
        limit p_limit
    );
end
$$;
