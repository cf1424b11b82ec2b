-- Whether the components together have contacts of more accounts than any of them alone. Only where the module crm is.
create or replace function joins_accounts(p_labels bigint[]) returns boolean
language plpgsql stable
as $$
begin
    return (
        with held as (
            select distinct n.component, ac.account_id
            from node n
            join contact_node cn on cn.node = n.id
            join account_contacts ac on ac.contact_id = cn.contact_id
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
