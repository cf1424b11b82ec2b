-- The identifiers that these nodes had at p_at.
create or replace function identifiers_at(p_nodes bigint[], p_at timestamptz)
returns table (type text, value text, node bigint, attached_at timestamptz, source int2)
language sql stable
as $$
    select i.type, i.value, i.node, i.attached_at, i.source
    from identifier i
    where i.node = any (p_nodes) and recorded_at(i.node, i.attached_at, i.first_event, null, i.attached_at) <= p_at
$$;
