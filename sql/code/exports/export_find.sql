-- export_show for a caller, see export_visible; null: there is none of that id that the caller may see.
create or replace function export_find(p_id uuid, p_actor text) returns jsonb
language sql stable
as $$
    select export_show(o.id) from operation o where o.id = p_id and o.type = 'export' and export_visible(p_actor, o.actor)
$$;
