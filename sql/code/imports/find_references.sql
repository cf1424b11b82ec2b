-- The live records of an object whose field has one of the values: one row a value that is found, with all its records.
-- The one dynamic statement here; relation and column come from the catalog.
create or replace function find_references(p_object text, p_field text, p_values text[])
returns table (value text, ids uuid[])
language plpgsql stable
as $$
declare
    v_relation text;
    v_type text;
begin
    select r.relation, r.type into v_relation, v_type from reference_column(p_object, p_field) r;
    return query execute format(
        $q$
        select x.value, array_agg(x.id order by x.id)
        from (
            select t.%2$I::text as value, t.id from %1$I t where t.%2$I%3$s = any ($1)
            union all
            select a.value, a.id from aliased($2, $3, $1) a
            where not exists (select from %1$I t where t.%2$I%3$s = a.value) and exists (select from %1$I t where t.id = a.id)
        ) x
        group by 1
        $q$, v_relation, p_field, case when v_type = 'text' then '' else '::text' end)
        using p_values, p_object, p_field;
end
$$;
