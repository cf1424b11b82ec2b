-- Notes of records that took over values of an older normaliser that their forms are as old; doctor --fix makes them anew.
create or replace function age_forms(p_object text, p_ids uuid[], p_version integer) returns void
language plpgsql
as $$
begin
    execute format(
        'update %I t set normalizer_version = $2 where t.id = any ($1) and t.normalizer_version > $2',
        (select o.relation from object_description o where o.object = p_object))
    using p_ids, p_version;
end
$$;
