-- Writes nodes and identifiers that resolve_messages has made in memory. p_node, p_label, p_public: new nodes, each a
-- component of its own. p_to_…: identifiers with the node and component that own them and the message that attached them.
create or replace function write_identities(
    p_plans anyelement, p_node bigint[], p_label bigint[], p_public uuid[],
    p_to_type text[], p_to_value text[], p_to_node bigint[], p_to_label bigint[], p_to_msg int4[],
    p_event_id uuid[], p_ts timestamptz[], p_source int2[]
) returns void
language plpgsql
as $$
begin
    if p_node = '{}' and p_to_node = '{}' then
        return;
    end if;
    with added as (
        select u.label, count(*) as n from unnest(p_to_label) u(label) group by u.label
    ), entered as (
        insert into node (id, public_id, component, created_at)
        select u.node, u.public_id, u.label, clock_timestamp()
        from unnest(p_node, p_label, p_public) u(node, label, public_id)
    ), made as (
        insert into component (label, profile_id, public_node, identifiers)
        select u.label, u.public_id, u.node, coalesce((select a.n from added a where a.label = u.label), 0)
        from unnest(p_node, p_label, p_public) u(node, label, public_id)
    ), attached as (
        insert into identifier (type, value, node, attached_at, first_event, source)
        select u.type, u.value, u.node, p_ts[u.msg], p_event_id[u.msg], p_source[u.msg]
        from unnest(p_to_type, p_to_value, p_to_node, p_to_msg) u(type, value, node, msg)
        order by u.type collate "C", u.value collate "C"
    )
    update component c set identifiers = c.identifiers + a.n from added a
    where c.label = a.label;
end
$$;
