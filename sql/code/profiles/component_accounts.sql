-- The accounts of a component as a JSON array of {"id", "group_id", "role"}: those of its memberships (id null while no account
-- has the group id), and those of its contacts with their roles.
create or replace function component_accounts(p_label bigint) returns jsonb
language plpgsql stable
as $$
declare
    v_groups jsonb;
    v_contacts jsonb := '[]';
begin
    select coalesce(
        jsonb_agg(jsonb_build_object('id', g.id, 'group_id', g.group_id, 'role', null) order by g.group_id), '[]'
    )
    into v_groups
    from (
        select distinct a.id, m.group_id
        from node n
        cross join lateral current_memberships(n.id) m
        left join accounts a on a.id = group_account(m.group_id)
        where n.component = p_label
    ) g;
    if to_regclass('contact_node') is null then
        return v_groups;
    end if;
    select coalesce(
        jsonb_agg(jsonb_build_object('id', k.id, 'group_id', k.group_id, 'role', nullif(k.role, '')) order by k.id, k.role), '[]'
    )
    into v_contacts
    from (
        select distinct a.id, a.group_id, ac.role
        from node n
        join contact_node cn on cn.node = n.id
        join account_contacts ac on ac.contact_id = cn.contact_id and (ac."to" is null or ac."to" > current_date)
        join accounts a on a.id = ac.account_id
        where n.component = p_label
    ) k;
    if v_groups = '[]' or v_contacts = '[]' then
        return v_groups || v_contacts;
    end if;
    -- A membership whose account a contact names as well is shown once, with the role.
    return coalesce((
        select jsonb_agg(g.item order by g.pos)
        from jsonb_array_elements(v_groups) with ordinality g(item, pos)
        where not exists (select from jsonb_array_elements(v_contacts) k where k -> 'id' = g.item -> 'id')
    ), '[]') || v_contacts;
end
$$;
