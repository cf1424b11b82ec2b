-- Ends the membership of a whole profile in an account, dated now: on every node that it has at this time, so that an undo loses
-- nothing on either side, and of its contacts. The account is named by its id or by its group id. Raises TD001.
create or replace function profile_leave_account(p_profile uuid, p_account uuid, p_group_id text, p_actor text) returns void
language plpgsql
as $$
declare
    v_node bigint;
    v_label bigint;
    v_group_id text := p_group_id;
    v_account uuid := p_account;
    v_contacts jsonb;
    v_is_member boolean;
begin
    select n.id into v_node from node n where n.public_id = p_profile;
    if v_group_id is null then
        select a.group_id into v_group_id from accounts a where a.id = p_account;
    elsif v_account is null then
        v_account := group_account(p_group_id);
    end if;
    if v_node is not null then
        v_label := (await_components(array[v_node]))[1];
    end if;
    v_is_member := exists (
        select from node n join current_memberships(n.id) m on true where n.component = v_label and m.group_id = v_group_id
    );
    if to_regclass('contact_node') is not null then
        select jsonb_agg(jsonb_build_object('op', 'update', 'id', c.contact_id, 'data', jsonb_build_object('accounts', (
            select jsonb_agg(
                to_jsonb(r) - 'contact_id' || case
                    when r.account_id = v_account and (r."to" is null or r."to" > current_date)
                    then jsonb_build_object('to', greatest(current_date, r."from"))
                    else '{}'
                end
                order by r.account_id, r.role)
            from account_contacts r
            where r.contact_id = c.contact_id
        ))) order by c.contact_id)
        into v_contacts
        from (
            select distinct ac.contact_id
            from node n
            join contact_node cn on cn.node = n.id
            join account_contacts ac on ac.contact_id = cn.contact_id
            where n.component = v_label and ac.account_id = v_account and (ac."to" is null or ac."to" > current_date)
        ) c;
    end if;
    if not v_is_member and v_contacts is null then
        raise exception 'no such membership' using errcode = 'TD001';
    end if;
    if v_contacts is not null then
        perform write_records('contact', 0::int2, 40::int2, now(), p_actor, 'leave', v_contacts);
    end if;
    if v_is_member then
        insert into membership (node, group_id, "left", at, message_id, source)
        select n.id, v_group_id, true, now(), '', 0 from node n where n.component = v_label order by n.id
        on conflict (node, group_id, "left") do update
        set at = excluded.at, message_id = excluded.message_id, source = excluded.source
        where membership.at <= excluded.at;
    end if;
    insert into dirty (nodes, at) select array_agg(n.id), now() from node n where n.component = v_label;
    insert into outbox (topic, key, payload, at)
    values (
        'profile.left', p_profile::text, jsonb_build_object('group_id', v_group_id, 'account_id', v_account, 'actor', p_actor), now());
    perform append_audit(
        p_actor, 'profile.leave', 'profile', p_profile::text, jsonb_strip_nulls(jsonb_build_object('account_id', v_account)));
end
$$;
