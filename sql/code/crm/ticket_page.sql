-- A ticket as its page shows it: with the activities about it, newest first. Raises TD001.
create or replace function ticket_page(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_ticket jsonb := ticket_json(p_id);
begin
    perform require_right('ticket', p_id, 'read');
    if v_ticket is null then
        raise exception 'no such ticket' using errcode = 'TD001';
    end if;
    return v_ticket || jsonb_build_object('activities', (
        select coalesce(jsonb_agg(activity_json(x.id) order by x.at desc, x.id desc), '[]')
        from (
            select a.id, coalesce(a.started_at, a.due_at, a.created_at) as at
            from activity_links l
            join activities a on a.id = l.activity_id
            where l.record_id = p_id and l.object = 'ticket' and may_read('activity', a.id)
            order by 2 desc, 1 desc
            limit 100
        ) x
    ));
end
$$;
