-- Whether a file may be seen: by who ordered it, and (p_actor null) by who may see everything.
create or replace function export_visible(p_actor text, p_ordered_by text) returns boolean
language sql immutable
as $$ select p_actor is null or p_actor = p_ordered_by $$;
