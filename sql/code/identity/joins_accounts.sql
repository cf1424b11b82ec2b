-- Whether the components together have contacts of more accounts than any of them alone. Only where the module crm is.
create or replace function joins_accounts(p_labels bigint[]) returns boolean
language plpgsql stable
as $$
begin
    return (
        with held as (
            select distinct n.component, ac.account_id
            from node n
            cross join lateral (select c.contact_id from contact_node c where c.node = n.id offset 0) cn
            cross join lateral (
                select a.account_id, a."to" from account_contacts a where a.contact_id = cn.contact_id offset 0
            ) ac
            where n.component = any (p_labels) and (ac."to" is null or ac."to" > current_date)
        )
        select coalesce(
            (select count(distinct h.account_id) from held h)
            > (select max(c.n) from (select count(*) as n from held h group by h.component) c),
            false
        )
    );
end
$$;
