-- What to call one node: by the identifiers that it owns itself.
create or replace function node_label(p_node bigint) returns text
language sql stable
as $$
    select coalesce(
        (
            select i.value
            from identifier i
            where i.node = p_node
            order by array_position(array['email', 'user_id', 'phone'], i.type) nulls last, i.attached_at, i.type, i.value
            limit 1
        ),
        'nobody known'
    )
$$;
