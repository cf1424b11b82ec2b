-- Values of a field in their order, at most p_limit: among them is what a misspelt value may have meant.
create or replace function reference_values(p_object text, p_field text, p_limit integer) returns setof text
language plpgsql stable
as $$
declare
    v_relation text;
begin
    select r.relation into v_relation from reference_column(p_object, p_field) r;
    return query execute format(
        'select distinct t.%2$I::text from %1$I t where t.%2$I is not null order by 1 limit $1', v_relation, p_field)
        using p_limit;
end
$$;
