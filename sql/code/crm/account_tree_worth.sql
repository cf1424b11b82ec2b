-- Number and sum of the opportunities of an account and all accounts below it by status, one entry a currency; with the number of those
-- below. An account counts once, also where parents form a loop.
create or replace function account_tree_worth(p_account uuid) returns jsonb
language sql stable
as $$
    with recursive tree (id) as (
        select p_account
        union
        select a.id from tree t join accounts a on a.parent_id = t.id
    )
    select jsonb_build_object(
        'below', (select count(*) - 1 from tree),
        'worth', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'status', w.status, 'currency', w.currency, 'count', w.count, 'amount', w.amount::text
            ) order by w.status, w.currency), '[]')
            from (
                select o.status, o.currency, count(*) as count, sum(o.amount) as amount
                from tree t
                join opportunities o on o.account_id = t.id
                group by o.status, o.currency
            ) w
        )
    )
$$;
