-- Marks the persons whose audiences may depend on an account that was merged or taken apart.
create or replace function mark_members(p_name text, p_account uuid) returns void
language plpgsql
as $$
begin
    if p_name = 'account' and to_regclass('contact_node') is not null then
        insert into dirty (nodes, at)
        select m.nodes, now()
        from (
            select array_agg(distinct n.node order by n.node) as nodes
            from account_contacts c join contact_node n on n.contact_id = c.contact_id
            where c.account_id = p_account
        ) m
        where m.nodes is not null;
    end if;
end
$$;
