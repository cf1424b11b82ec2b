-- How many pairs of records that the caller may read the search under way, or the last one, has found.
create or replace function readable_found() returns int8
language plpgsql stable
as $$
begin
    if to_regclass('duplicate_search') is null then
        return 0;
    end if;
    return (
        with found as materialized (
            select d.object, d.a, d.other_object, d.b
            from duplicate_search s
            join duplicate_suggestion d on d.created_at >= s.begun_at and d.state = 'open'
        ), readable as materialized (
            select r.object, u.id
            from (
                select e.object, readable_ids(e.object, array_agg(distinct e.id)) as ids
                from (select f.object, f.a as id from found f union all select f.other_object, f.b from found f) e
                group by e.object
            ) r
            cross join lateral unnest(r.ids) u (id)
        )
        select count(*)
        from found f
        join readable x on x.object = f.object and x.id = f.a
        join readable y on y.object = f.other_object and y.id = f.b
    );
end
$$;
