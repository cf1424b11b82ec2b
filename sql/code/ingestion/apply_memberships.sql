-- Per node and group the latest join and the latest leave of the batch's group calls, by (time, message id).
create or replace function apply_memberships(
    p_home bigint[], p_message_id text[], p_ts timestamptz[], p_flags int4[], p_source int2[], p_group_id text[]
) returns void
language plpgsql
as $$
declare
    c_leave constant int4 := 1024;
begin
    insert into membership (node, group_id, "left", at, message_id, source)
    select distinct on (u.node, u.group_id, u.flags & c_leave <> 0)
        u.node, u.group_id, u.flags & c_leave <> 0, u.ts, u.message_id, u.source
    from unnest(p_home, p_message_id, p_ts, p_flags, p_source, p_group_id) u(node, message_id, ts, flags, source, group_id)
    where u.node > 0 and u.group_id is not null
    order by u.node, u.group_id, u.flags & c_leave <> 0, u.ts desc, u.message_id collate "C" desc
    on conflict (node, group_id, "left") do update
    set at = excluded.at, message_id = excluded.message_id, source = excluded.source
    where (membership.at, membership.message_id collate "C") < (excluded.at, excluded.message_id collate "C");
end
$$;
