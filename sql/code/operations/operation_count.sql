-- Adds to an operation's counts; call it in the transaction that decides.
create or replace function operation_count(p_id uuid, p_counts jsonb) returns void
language sql volatile
as $$
    update operation o
    set done = o.done + a.sum, counts = o.counts || a.counts
    from (
        select
            coalesce(sum(c.value::bigint), 0) as sum,
            coalesce(jsonb_object_agg(c.key, coalesce((x.counts ->> c.key)::bigint, 0) + c.value::bigint), '{}') as counts
        from operation x
        cross join jsonb_each_text(p_counts) c
        where x.id = p_id and c.value <> '0'
    ) a
    where o.id = p_id
$$;
