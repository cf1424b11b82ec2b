-- The only account of a node's own memberships; null if there is none or more than one.
create or replace function membership_account(p_node bigint) returns uuid
language plpgsql stable
as $$
declare
    v_accounts uuid[];
begin
    select array_agg(x.id) into v_accounts
    from (
        select distinct a.id
        from current_memberships(p_node) m
        join accounts a on a.id = group_account(m.group_id)
        limit 2
    ) x;
    return case when cardinality(v_accounts) = 1 then v_accounts[1] end;
end
$$;
