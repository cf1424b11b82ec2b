-- Who holds a key, as an error tells it: {"ids": those that the caller may read, "hidden": how many others}.
create or replace function shown_holders(p_object text, p_ids jsonb) returns jsonb
language sql stable
as $$
    select jsonb_build_object('ids', to_jsonb(r.readable)) || case
        when cardinality(r.readable) < jsonb_array_length(p_ids)
        then jsonb_build_object('hidden', jsonb_array_length(p_ids) - cardinality(r.readable)) else '{}' end
    from (
        select readable_ids(p_object, array(select i::uuid from jsonb_array_elements_text(p_ids) i)) as readable
    ) r
$$;
