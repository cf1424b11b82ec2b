-- operation_show for a caller; null: there is none of that id that the caller may see.
create or replace function operation_find(p_id uuid) returns jsonb
language sql stable
as $$
    select operation_show(o.id) from operation o where o.id = p_id and may_see_operation(o.actor)
$$;
