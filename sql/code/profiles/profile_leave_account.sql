-- Ends the membership of a whole profile in a group, dated now: on every node that it has at this time, so that an undo loses
-- nothing on either side. The group is named by the account's id or by its group id. Raises TD001.
create or replace function profile_leave_account(p_profile uuid, p_account uuid, p_group_id text, p_actor text) returns void
language plpgsql
as $$
declare
    v_node bigint;
    v_label bigint;
    v_group_id text := p_group_id;
begin
    select n.id into v_node from node n where n.public_id = p_profile;
    if v_group_id is null then
        select a.group_id into v_group_id from accounts a where a.id = p_account;
    end if;
    if v_node is not null then
        v_label := (await_components(array[v_node]))[1];
    end if;
    if v_label is null or not exists (
        select from node n join current_memberships(n.id) m on true where n.component = v_label and m.group_id = v_group_id
    ) then
        raise exception 'no such membership' using errcode = 'TD001';
    end if;
    insert into membership (node, group_id, "left", at, message_id, source)
    select n.id, v_group_id, true, now(), '', 0 from node n where n.component = v_label order by n.id
    on conflict (node, group_id, "left") do update
    set at = excluded.at, message_id = excluded.message_id, source = excluded.source
    where membership.at <= excluded.at;
    insert into dirty (nodes, at) select array_agg(n.id), now() from node n where n.component = v_label;
    insert into outbox (topic, key, payload, at)
    values ('profile.left', p_profile::text, jsonb_build_object('group_id', v_group_id, 'actor', p_actor), now());
end
$$;
