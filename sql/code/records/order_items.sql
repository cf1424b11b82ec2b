-- Per item (from 1) the last earlier item that it may meet (from 1), or null: one with the same id, match or unique
-- value, or, where the kind of operation changes, the one before it.
create or replace function order_items(p_object jsonb, p_items jsonb) returns integer[]
language plpgsql stable
as $$
begin
    return (
        with item as (
            select ordinality::integer as n, value as i,
                case when value ->> 'op' in ('delete', 'restore') then value ->> 'op' else 'save' end as kind
            from jsonb_array_elements(p_items) with ordinality),
        key as (
            select n, 'id:' || (i ->> 'id') as key from item where i ->> 'id' is not null
            union all
            select n, m.key || ':' || m.value from item, jsonb_each_text(i -> 'match') m
            union all
            select n, m.key || ':' || m.value from item, jsonb_array_elements(i -> 'matches') k, jsonb_each_text(k.value) m
            union all
            select n, string_agg(c.value || ':' || (i -> 'data' ->> c.value), ' ' order by c.ordinality)
            from item, jsonb_array_elements(p_object -> 'unique') with ordinality u (columns, number),
                jsonb_array_elements_text(u.columns) with ordinality c
            group by n, u.number
            having bool_and(i -> 'data' ->> c.value is not null)
            union all
            select n, c.value || ':' || (i -> 'data' ->> c.value)
            from item, jsonb_array_elements_text(p_object -> 'soft_unique') c
            where i -> 'data' ->> c.value is not null),
        met as (
            select n, max(earlier) as earlier
            from (select n, lag(n) over (partition by key order by n) as earlier from key group by key, n) k
            group by n),
        turned as (
            select n, case when kind <> lag(kind) over (order by n) then n - 1 end as earlier from item)
        select array_agg(greatest(m.earlier, t.earlier) order by t.n)
        from turned t left join met m using (n));
end
$$;
