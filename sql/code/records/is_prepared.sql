-- Whether the session has prepared a statement of that name. Names are of a place (a purpose and a relation) and of a state (see
-- describe_object): for a place the session remembers what it used last, and only for another tenant its list is read. The caller prepares
-- what is missing, at once. Few items only are worth it: planning costs more than the rest then; many cost more as text. They are handed
-- over in the setting tandem.items: what stands in a statement itself is in PostgreSQL's log when it fails.
create or replace function is_prepared(p_place text, p_name text) returns boolean
language plpgsql
as $$
declare
    v_setting text := 'tandem.prepared_' || p_place;
begin
    if current_setting(v_setting, true) = p_name then
        return true;
    end if;
    perform set_config(v_setting, p_name, false);
    return exists (select from pg_prepared_statements s where s.name = p_name);
end
$$;
