-- Opportunities with lines: fills a missing unit price from the product's list price and makes the amount the sum of
-- quantity × unit price less discount. A direct write of the amount is then ignored, and said so in detail. A unit price
-- that is given as null is unknown: it stays so, and while a line's price is unknown the lines make no amount.
create or replace function sum_lines(p_items jsonb[]) returns jsonb[]
language plpgsql stable
as $$
begin
    if not exists (select from unnest(p_items) i where i ? 'old' or i -> 'data' ? 'products') then
        return p_items;
    end if;
    return (
        select array_agg(
            case
                when i ? 'outcome' or l.summed is null then i
                else i
                    || case when l.summed and i -> 'new' ? 'amount' and l.amount is distinct from (i -> 'new' ->> 'amount')::numeric
                        then '{"detail": {"ignored": ["amount"]}}' else '{}'::jsonb end
                    || case when l.priced is null then '{}'::jsonb
                        else jsonb_build_object('data', (i -> 'data') || jsonb_build_object('products', l.priced)) end
                    || jsonb_build_object('new', case
                        when not l.summed then i -> 'new'
                        when l.amount is not distinct from (i -> 'old' ->> 'amount')::numeric then (i -> 'new') - 'amount'
                        else (i -> 'new') || jsonb_build_object('amount', l.amount) end)
            end
            order by n)
        from unnest(p_items) with ordinality u (i, n)
        left join lateral (
            select bool_and(e.price is not null) as summed,
                jsonb_agg(e.line || jsonb_build_object('unit_price', e.price) order by e.position) as priced,
                round(sum(coalesce((e.line ->> 'quantity')::numeric, 1) * e.price
                    * (100 - coalesce((e.line ->> 'discount')::numeric, 0)) / 100), 4) as amount
            from (
                select a.value as line, a.position, case
                    when a.value ? 'unit_price' then (a.value ->> 'unit_price')::numeric
                    else p.list_price end as price
                from jsonb_array_elements(case when i -> 'data' ? 'products' then i -> 'data' -> 'products' end)
                    with ordinality a (value, position)
                left join products p on p.id = (a.value ->> 'product_id')::uuid) e
            having i -> 'data' ? 'products'
            union all
            select (
                    select bool_and(o.unit_price is not null) from opportunity_products o
                    where o.opportunity_id = (i ->> 'id')::uuid),
                null, (i -> 'old' ->> 'amount')::numeric
            where not i -> 'data' ? 'products') l on true);
end
$$;
