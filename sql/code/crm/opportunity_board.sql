-- The stages of a pipeline in order, each with number and sums of its opportunities (of one owner if given) and the first p_limit as cards,
-- the next to close first.
create or replace function opportunity_board(p_pipeline uuid, p_owner uuid, p_limit int4) returns table (stage jsonb)
language plpgsql stable
as $$
begin
    return query
    select jsonb_build_object(
        'id', s.id, 'name', s.name, 'status', s.status, 'pipeline', p.name, 'count', coalesce(w.count, 0), 'sums', coalesce(w.sums, '[]'),
        'cards', (
            select coalesce(jsonb_agg(opportunity_json(o.id) order by o.n), '[]')
            from (
                select x.id, row_number() over (
                    order by case when s.status = 'open' then x.close_date end nulls last, x.close_date desc nulls last, x.id
                ) as n
                from opportunities x
                where x.stage_id = s.id and (p_owner is null or x.owner_id = p_owner)
                order by n
                limit p_limit
            ) o
        )
    )
    from stages s
    join pipelines p on p.id = s.pipeline_id
    left join (
        select y.stage_id, sum(y.count) as count,
            jsonb_agg(jsonb_build_object('currency', y.currency, 'amount', y.amount::text) order by y.currency)
                filter (where y.amount is not null) as sums
        from (
            select o.stage_id, o.currency, count(*) as count, sum(o.amount) as amount
            from opportunities o
            where o.pipeline_id = p_pipeline and (p_owner is null or o.owner_id = p_owner)
            group by o.stage_id, o.currency
        ) y
        group by y.stage_id
    ) w on w.stage_id = s.id
    where s.pipeline_id = p_pipeline
    order by s.position, s.name, s.id;
end
$$;
