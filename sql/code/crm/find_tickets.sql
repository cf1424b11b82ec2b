-- Tickets, newest first, behind (p_before_at, p_before_id) if given: all, or those in one status.
create or replace function find_tickets(p_status text, p_before_at timestamptz, p_before_id uuid, p_limit int4)
returns table (created_at timestamptz, id uuid, ticket jsonb)
language plpgsql stable
as $$
begin
    return query
    select t.created_at, t.id, ticket_json(t.id)
    from tickets t
    where (p_status is null or t.status = p_status)
      and (p_before_at is null or (t.created_at, t.id) < (p_before_at, p_before_id))
    order by t.created_at desc, t.id desc
    limit p_limit;
end
$$;
