-- A page of operations that the caller may see, newest first, behind (p_after_at, p_after_id) if given.
create or replace function operation_list(p_state text, p_after_at timestamptz, p_after_id uuid, p_limit integer)
returns table (created_at timestamptz, id uuid, item jsonb)
language sql stable
as $$
    select o.created_at, o.id, operation_show(o.id)
    from operation o
    where (p_state is null or o.state = p_state) and may_see_operation(o.actor)
      and (p_after_at is null or (o.created_at, o.id) < (p_after_at, p_after_id))
    order by o.created_at desc, o.id desc
    limit p_limit
$$;
