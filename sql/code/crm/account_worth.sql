-- Number and sum of an account's opportunities by status, one entry a currency.
create or replace function account_worth(p_account uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object('worth', coalesce(jsonb_agg(jsonb_build_object(
        'status', w.status, 'currency', w.currency, 'count', w.count, 'amount', w.amount::text
    ) order by w.status, w.currency), '[]'))
    from (
        select o.status, o.currency, count(*) as count, sum(o.amount) as amount
        from opportunities o
        where o.account_id = p_account
        group by o.status, o.currency
    ) w
$$;
