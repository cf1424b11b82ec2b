-- What lies in the bin of p_objects and the caller may restore (whoever may read and delete it), the last deleted first, behind (p_before_at, p_before_id) if
-- given. Of each object the newest 10,000 are looked at.
create or replace function find_deleted(
    p_objects text[], p_before_at timestamptz, p_before_id uuid, p_limit int4
) returns table (deleted_at timestamptz, id uuid, record jsonb)
language plpgsql stable
as $$
declare
    v_free boolean := not is_restricted();
begin
    return query
    select x.deleted_at, x.record_id, jsonb_build_object(
        'object', x.object, 'id', x.record_id, 'at', iso_time(x.deleted_at), 'actor', x.actor, 'name', left(coalesce(
            record_name(d.shown), d.shown ->> 'subject', d.shown ->> 'body', d.shown ->> 'file_name'
        ), 120), 'kind', case when x.object = 'activity' then d.shown ->> 'type' end
    )
    from (
        select b.*
        from unnest(p_objects) o(object)
        cross join lateral (
            select r.*
            from (
                select n.*
                from bin n
                where n.object = o.object and (p_before_at is null or (n.deleted_at, n.record_id) < (p_before_at, p_before_id))
                order by n.deleted_at desc
                limit 10000
            ) r
            where is_within(r.object, 'delete', (r.data ->> 'owner_id')::uuid) and (v_free or reads_deleted(r.object, r.data))
            order by r.deleted_at desc, r.record_id desc
            limit p_limit
        ) b
        order by b.deleted_at desc, b.record_id desc
        limit p_limit
    ) x
    cross join lateral (select shown_fields(x.object, x.data) as shown) d
    order by x.deleted_at desc, x.record_id desc;
end
$$;
