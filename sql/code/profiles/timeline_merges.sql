-- The part of profile_timeline that merges and undos are, keys `merge:<id>` (at the time
-- of the event, or that the caller gave) and `undo:<id>`.
create or replace function timeline_merges(p_label bigint) returns table (at timestamptz, key text, item jsonb)
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
    select m.effective_at, 'merge:' || m.id,
        jsonb_build_object('at', iso_time(m.effective_at), 'kind', 'merge', 'merge', merge_show(m.id))
    from touching t
    join merge m on m.id = t.merge
    union all
    select m.undone_at, 'undo:' || m.id,
        jsonb_build_object('at', iso_time(m.undone_at), 'kind', 'undo', 'merge', merge_show(m.id))
    from touching t
    join merge m on m.id = t.merge
    where m.undone_at is not null;
end
$$;
