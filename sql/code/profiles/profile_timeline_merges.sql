-- The part of profile_timeline that merges and undos are: the newest before a point, keys `merge:<id>` (at the time of the event,
-- or that the caller gave) and `undo:<id>`. Their items are made by profile_timeline, of those that its page shows.
create or replace function profile_timeline_merges(p_label bigint, p_before_at timestamptz, p_before_key text, p_limit int4)
returns table (at timestamptz, key text, item jsonb)
language plpgsql stable
as $$
begin
    return query
    with touching as materialized (
        select distinct e.merge
        from node n
        cross join lateral (
            select x.merge from edge x where x.a = n.id union all select y.merge from edge y where y.b = n.id
        ) e
        where n.component = p_label
    )
    select d.at, d.key, null::jsonb
    from (
        select m.effective_at as at, 'merge:' || m.id as key
        from touching t
        join merge m on m.id = t.merge
        union all
        select m.undone_at, 'undo:' || m.id
        from touching t
        join merge m on m.id = t.merge
        where m.undone_at is not null
    ) d
    where (d.at, d.key collate "C") < (p_before_at, p_before_key)
    order by d.at desc, d.key collate "C" desc
    limit p_limit;
end
$$;
