-- A page of exports that the caller may see (export_visible), newest first, behind (p_after_at, p_after_id) if given.
create or replace function export_list(p_actor text, p_after_at timestamptz, p_after_id uuid, p_limit integer)
returns table (created_at timestamptz, id uuid, item jsonb)
language sql stable
as $$
    select o.created_at, o.id, export_show(o.id)
    from export x
    join operation o on o.id = x.id
    where export_visible(p_actor, o.actor)
      and (p_after_at is null or (o.created_at, o.id) < (p_after_at, p_after_id))
    order by o.created_at desc, o.id desc
    limit p_limit
$$;
