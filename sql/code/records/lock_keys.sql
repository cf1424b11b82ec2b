-- Makes those who look for a record by the value of one field, and make it where there is none, follow each other: the second sees what the
-- first has made, also where nothing in the tables would keep two apart (an account's domain, a lead's address). p_items as write_records has
-- them: only upserts with a match or matches count. Called before anything else is locked.
create or replace function lock_keys(p_object text, p_items jsonb) returns void
language plpgsql
as $$
begin
    perform from (
        select b.id
        from lock_bucket b
        where b.id = any (array(
            select distinct key_bucket(p_object, k.columns[1], m.match ->> k.columns[1])
            from jsonb_array_elements(p_items) i
            cross join lateral (
                select i.value -> 'match' as match
                union all
                select jsonb_array_elements(i.value -> 'matches')) m
            cross join lateral (select array(select jsonb_object_keys(m.match)) as columns) k
            where i.value ->> 'op' = 'upsert' and i.value ->> 'id' is null and cardinality(k.columns) = 1
                and m.match ->> k.columns[1] is not null))
        order by b.id
        for update) b;
end
$$;
