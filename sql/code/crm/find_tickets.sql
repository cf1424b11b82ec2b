-- Tickets that the caller may read, newest first, behind (p_before_at, p_before_id) if given: all, or those in one status.
create or replace function find_tickets(p_status text, p_before_at timestamptz, p_before_id uuid, p_limit int4)
returns table (created_at timestamptz, id uuid, ticket jsonb)
language plpgsql stable
as $$
begin
    return query execute format(
        $q$
        select k.created_at, k.id, ticket_json(k.id)
        from tickets k
        where %s
          and ($1 is null or k.status = $1)
          and ($2 is null or (k.created_at, k.id) < ($2, $3))
        order by k.created_at desc, k.id desc
        limit $4
        $q$, record_condition('ticket', 'read', 'k')
    ) using case when shows_field('ticket', 'status') then p_status end, p_before_at, p_before_id, p_limit;
end
$$;
