-- Number and sum of those of the opportunities of an account and all accounts below it that the caller may read by status, one entry a currency; with
-- the number of those accounts below that the caller may read. An account counts once, also where parents form a loop.
create or replace function account_tree_worth(p_account uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_tree uuid[];
    v_known uuid[];
    v_shows boolean := shows_field('opportunity', 'amount');
begin
    with recursive tree (id) as (
        select p_account
        union
        select a.id from tree t join accounts a on a.parent_id = t.id
    )
    select array_agg(t.id) into v_tree from tree t;
    if is_restricted() then
        v_tree := readable_ids('account', v_tree);
        v_known := readable_ids('opportunity', array(select o.id from opportunities o where o.account_id = any (v_tree)));
    end if;
    return jsonb_build_object(
        'below', greatest(cardinality(v_tree) - 1, 0),
        'worth', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'status', w.status, 'currency', w.currency, 'count', w.count, 'amount', case when v_shows then w.amount::text end
            ) order by w.status, w.currency), '[]')
            from (
                select o.status, o.currency, count(*) as count, sum(o.amount) as amount
                from unnest(v_tree) t (id)
                join opportunities o on o.account_id = t.id
                where v_known is null or o.id = any (v_known)
                group by o.status, o.currency
            ) w
        )
    );
end
$$;
