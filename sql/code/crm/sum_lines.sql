-- Opportunities with lines: fills a missing unit price from the product's list price and makes the amount the sum of
-- quantity × unit price less discount. A direct write of the amount is then ignored, and said so in detail.
create or replace function sum_lines(p_items jsonb[]) returns jsonb[]
language plpgsql stable
as $$
begin
    return (
        select array_agg(
            case
                when i ? 'outcome' or coalesce(l.lines, 0) = 0 then i
                else i
                    || case when i -> 'new' ? 'amount' and l.amount is distinct from (i -> 'new' ->> 'amount')::numeric
                        then '{"detail": {"ignored": ["amount"]}}' else '{}'::jsonb end
                    || case when l.priced is null then '{}'::jsonb
                        else jsonb_build_object('data', (i -> 'data') || jsonb_build_object('products', l.priced)) end
                    || jsonb_build_object('new', case
                        when l.amount is not distinct from (i -> 'old' ->> 'amount')::numeric then (i -> 'new') - 'amount'
                        else (i -> 'new') || jsonb_build_object('amount', l.amount) end)
            end
            order by n)
        from unnest(p_items) with ordinality u (i, n)
        left join lateral (
            select count(*) as lines, jsonb_agg(e.line || jsonb_build_object('unit_price', e.price) order by e.position) as priced,
                round(sum(coalesce((e.line ->> 'quantity')::numeric, 1) * coalesce(e.price, 0)
                    * (100 - coalesce((e.line ->> 'discount')::numeric, 0)) / 100), 4) as amount
            from (
                select a.value as line, a.position, coalesce((a.value ->> 'unit_price')::numeric, p.list_price) as price
                from jsonb_array_elements(case when i -> 'data' ? 'products' then i -> 'data' -> 'products' end)
                    with ordinality a (value, position)
                left join products p on p.id = (a.value ->> 'product_id')::uuid) e
            having i -> 'data' ? 'products'
            union all
            select (select count(*) from opportunity_products o where o.opportunity_id = (i ->> 'id')::uuid), null,
                (i -> 'old' ->> 'amount')::numeric
            where not i -> 'data' ? 'products') l on true);
end
$$;
