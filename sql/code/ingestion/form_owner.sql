-- Who gets a lead of the form: the owner of an account that the person's nodes belong to or that has the lead's domain or
-- company, where the form says so; else the form's own owner; else the team's active users in turn. Null: nobody.
create or replace function form_owner(p_form uuid, p_nodes bigint[], p_domain text, p_company_key text) returns uuid
language plpgsql
as $$
declare
    v_form record;
    v_owner uuid;
begin
    select f.owner_id, f.team_id, f.account_owner into v_form from forms f where f.id = p_form;
    if v_form.account_owner then
        select u.id into v_owner
        from (
            select a.id, 1 as place
            from unnest(p_nodes) n(node)
            cross join lateral current_memberships(n.node) g
            join accounts a on a.id = group_account(g.group_id)
            union all
            select k.account_id, 1 + k.msg
            from named_accounts(array[1, 2], array['domain', 'company_key'], array[p_domain, p_company_key]) k
        ) k
        join accounts a on a.id = k.id
        join users u on u.id = a.owner_id and u.active
        order by k.place, a.id
        limit 1;
    end if;
    if v_owner is null then
        select u.id into v_owner from users u where u.id = v_form.owner_id and u.active;
    end if;
    if v_owner is not null or v_form.team_id is null then
        return v_owner;
    end if;
    select u.id into v_owner
    from users u
    left join team_turn t on t.team_id = u.team_id
    where u.team_id = v_form.team_id and u.active
    order by coalesce(u.id <= t.user_id, true), u.id
    limit 1;
    if v_owner is not null then
        insert into team_turn (team_id, user_id) values (v_form.team_id, v_owner)
        on conflict (team_id) do update set user_id = excluded.user_id;
    end if;
    return v_owner;
end
$$;
