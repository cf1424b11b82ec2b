-- The name of the column for a trait: its key in snake_case, made unique among the columns of `profiles`.
create or replace function trait_column(p_trait text) returns text
language plpgsql stable
as $$
declare
    v_base text := trim(both '_' from regexp_replace(
        lower(regexp_replace(p_trait, '([a-z0-9])([A-Z])', '\1_\2', 'g')), '[^a-z0-9]+', '_', 'g'
    ));
    v_name text;
    v_number int4 := 1;
begin
    v_base := left(case when v_base = '' then 'trait' when v_base ~ '^[0-9]' then 'trait_' || v_base else v_base end, 50);
    v_name := v_base;
    while exists (
        select from pg_attribute a where a.attrelid = 'profiles'::regclass and a.attname = v_name and not a.attisdropped
    ) loop
        v_number := v_number + 1;
        v_name := v_base || '_' || v_number;
    end loop;
    return v_name;
end
$$;
