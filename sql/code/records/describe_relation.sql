-- Columns, unique keys and links of a relation on the path, from the catalog. Reading the catalog costs more than writing a record, so
-- the session keeps what it read last of each relation's name (in a setting), as long as nothing of the relation is another.
create or replace function describe_relation(p_relation text) returns jsonb
language plpgsql stable
as $$
declare
    v_relation regclass := to_regclass(quote_ident(p_relation));
    v_setting text := 'tandem.relation_' || p_relation;
    v_state text := relation_state(v_relation) || ' ';
    v_kept text := current_setting(v_setting, true);
    v_result jsonb;
begin
    if starts_with(v_kept, v_state) then
        return substr(v_kept, length(v_state) + 1)::jsonb;
    end if;
    v_result := read_relation(v_relation) || jsonb_build_object('state', md5(v_state));
    if v_state is not null then
        perform set_config(v_setting, v_state || v_result::text, false);
    end if;
    return v_result;
end
$$;
