-- Two objects of numbers as one, added by key; zeros are left out.
create or replace function add_counts(p_a jsonb, p_b jsonb) returns jsonb
language sql immutable
as $$
    select coalesce(jsonb_object_agg(k.key, k.total), '{}')
    from (
        select c.key, sum(c.value::numeric)::bigint as total
        from (select key, value from jsonb_each_text(p_a) union all select key, value from jsonb_each_text(p_b)) c
        group by c.key
        having sum(c.value::numeric) <> 0
    ) k
$$;
