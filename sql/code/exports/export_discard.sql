-- Deletes a file, and ends its making. Raises TD001.
create or replace function export_discard(p_id uuid, p_visible_to text, p_actor text) returns void
language plpgsql
as $$
begin
    update operation o
    set state = 'cancelled', finished_at = clock_timestamp(), leased_until = null
    where o.id = p_id and o.state = 'running' and o.type = 'export' and export_visible(p_visible_to, o.actor);
    delete from export x
    using operation o
    where x.id = p_id and o.id = x.id and export_visible(p_visible_to, o.actor);
    if not found then
        raise exception 'no export %', p_id using errcode = 'TD001';
    end if;
    perform append_audit(p_actor, 'export.delete', 'export', p_id::text, '{}');
end
$$;
