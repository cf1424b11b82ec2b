-- A stage's opportunities, latest close date first (those without behind), behind (p_after_date, p_after_id) if given.
create or replace function find_opportunities(p_stage uuid, p_after_date date, p_after_id uuid, p_limit int4)
returns table (close_date date, id uuid, opportunity jsonb)
language plpgsql stable
as $$
begin
    return query
    select o.close_date, o.id, opportunity_json(o.id)
    from (
        select x.close_date, x.id
        from opportunities x
        where x.stage_id = p_stage and (
            p_after_id is null
            or (coalesce(x.close_date, '-infinity'), x.id) < (coalesce(p_after_date, '-infinity'), p_after_id)
        )
        order by coalesce(x.close_date, '-infinity') desc, x.id desc
        limit p_limit
    ) o
    order by coalesce(o.close_date, '-infinity') desc, o.id desc;
end
$$;
