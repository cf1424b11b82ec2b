-- What SQL itself derived of a text that Swift's normaliser makes nothing of, as of what events say of a contact's person
-- (refold_contacts): it would derive it again. Null where the form that is stored is not that.
create or replace function plain_form(p_kind text, p_raw text, p_stored text) returns text
language plpgsql stable
as $$
begin
    return case when p_stored = normal_form_of(p_kind, p_raw) then p_stored end;
end
$$;
