-- The normal form of an e-mail address or a phone number as far as SQL knows it: as Swift's normaliser left it
-- (normal_form), else the plain rule. Null where there is none; other kinds have none.
create or replace function normal_form_of(p_kind text, p_raw text) returns text
language plpgsql stable
as $$
declare
    v_norm text;
begin
    if p_raw is null or p_kind not in ('email', 'phone') then
        return null;
    end if;
    select f.norm into v_norm from normal_form f where f.kind = p_kind and f.raw = p_raw;
    if v_norm is not null then
        return v_norm;
    end if;
    if p_kind = 'email' then
        return nullif(lower(btrim(p_raw)), '');
    end if;
    return substring(regexp_replace(p_raw, '[ ()./-]', '', 'g') from '^\+[0-9]{4,15}$');
end
$$;
