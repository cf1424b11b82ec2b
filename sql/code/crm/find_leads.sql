-- Leads that the caller may read, newest first, behind (p_before_at, p_before_id) if given: all, or those in one status, of one owner, or of nobody. `contact`: who an open one is already.
create or replace function find_leads(
    p_status text, p_owner uuid, p_unassigned boolean, p_before_at timestamptz, p_before_id uuid, p_limit int4
) returns table (created_at timestamptz, id uuid, lead jsonb)
language plpgsql stable
as $$
declare
    v_shows_owner boolean := shows_field('lead', 'owner_id');
begin
    return query execute format(
        $q$
        select d.created_at, d.id, lead_json(d.id) || jsonb_build_object(
            'contact', case when d.status not in ('converted', 'disqualified') then lead_contact(d.id) end
        )
        from leads d
        where %s
          and ($1 is null or d.status = $1)
          and ($2 is null or d.owner_id = $2)
          and (not $3 or d.owner_id is null)
          and ($4 is null or (d.created_at, d.id) < ($4, $5))
        order by d.created_at desc, d.id desc
        limit $6
        $q$, record_condition('lead', 'read', 'd')
    ) using
        case when shows_field('lead', 'status') then p_status end, case when v_shows_owner then p_owner end,
        p_unassigned and v_shows_owner, p_before_at, p_before_id, p_limit;
end
$$;
