-- The unique columns of a record that comes back whose values other records have taken meanwhile.
create or replace function lost_keys(p_object jsonb, p_item jsonb) returns setof text
language plpgsql stable
as $$
declare
    v_column text;
    v_taken boolean;
begin
    for v_column in
        select c from jsonb_array_elements(p_object -> 'unique') u, jsonb_array_elements_text(u) c
        where jsonb_array_length(u) = 1 and p_item -> 'new' ->> c is not null
    loop
        execute format(
            'select exists (select from %1$I t join jsonb_populate_record(null::%1$I, $1) r on t.%2$I = r.%2$I)',
            p_object ->> 'relation', v_column)
        into v_taken using p_item -> 'new';
        if v_taken then
            return next v_column;
        end if;
    end loop;
end
$$;
