-- Leads, newest first, behind (p_before_at, p_before_id) if given: all, or those in one status, of one owner, or of nobody.
create or replace function find_leads(
    p_status text, p_owner uuid, p_unassigned boolean, p_before_at timestamptz, p_before_id uuid, p_limit int4
) returns table (created_at timestamptz, id uuid, lead jsonb)
language plpgsql stable
as $$
begin
    return query
    select d.created_at, d.id, lead_json(d.id)
    from leads d
    where (p_status is null or d.status = p_status)
      and (p_owner is null or d.owner_id = p_owner)
      and (not p_unassigned or d.owner_id is null)
      and (p_before_at is null or (d.created_at, d.id) < (p_before_at, p_before_id))
    order by d.created_at desc, d.id desc
    limit p_limit;
end
$$;
