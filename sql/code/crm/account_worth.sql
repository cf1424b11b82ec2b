-- Number and sum of those of an account's opportunities that the caller may read by status, one entry a currency.
create or replace function account_worth(p_account uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_known uuid[] := case when is_restricted()
        then readable_ids('opportunity', array(select o.id from opportunities o where o.account_id = p_account)) end;
    v_shows boolean := shows_field('opportunity', 'amount');
begin
    return (
        select jsonb_build_object('worth', coalesce(jsonb_agg(jsonb_build_object(
            'status', w.status, 'currency', w.currency, 'count', w.count, 'amount', case when v_shows then w.amount::text end
        ) order by w.status, w.currency), '[]'))
        from (
            select o.status, o.currency, count(*) as count, sum(o.amount) as amount
            from opportunities o
            where o.account_id = p_account and (v_known is null or o.id = any (v_known))
            group by o.status, o.currency
        ) w
    );
end
$$;
