-- What records of an object, or profiles, are compared by: values in the order of match_comparisons, and keys, each "rule", tab, value: who has
-- one in common is compared. p_options: see match_options.
create or replace function match_features(p_object text, p_options jsonb) returns table (id uuid, vals text[], keys text[])
language plpgsql stable
as $$
declare
    v_fields text[] := array(select jsonb_array_elements_text(p_options -> 'fields'));
begin
    case p_object
        when 'contact' then
            return query select c.id, c.vals, c.keys from contact_features(v_fields) c;
        when 'lead' then
            return query select l.id, l.vals, l.keys from lead_features(v_fields) l;
        when 'profile' then
            return query select p.id, p.vals, p.keys from profile_features() p;
        else
            return query
            select a.id, a.vals, a.keys
            from account_features(v_fields, array(select jsonb_array_elements_text(p_options -> 'free_mail'))) a;
    end case;
end
$$;
