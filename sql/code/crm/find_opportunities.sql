-- A stage's opportunities that the caller may read, latest close date first (those without behind), behind (p_after_date, p_after_id) if given.
create or replace function find_opportunities(p_stage uuid, p_after_date date, p_after_id uuid, p_limit int4)
returns table (close_date date, id uuid, opportunity jsonb)
language plpgsql stable
as $$
begin
    return query execute format(
        $q$
        select o.close_date, o.id, opportunity_json(o.id)
        from (
            select %1$s as close_date, x.id
            from opportunities x
            where %2$s and x.stage_id = $1 and (
                $3 is null or (coalesce(%1$s, '-infinity'), x.id) < (coalesce($2, '-infinity'), $3)
            )
            order by coalesce(%1$s, '-infinity') desc, x.id desc
            limit $4
        ) o
        order by coalesce(o.close_date, '-infinity') desc, o.id desc
        $q$, case when shows_field('opportunity', 'close_date') then 'x.close_date' else 'null::date' end,
        record_condition('opportunity', 'read', 'x')
    ) using p_stage, p_after_date, p_after_id, p_limit;
end
$$;
