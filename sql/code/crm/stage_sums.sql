-- The stages of all pipelines in order, each with number and sum of its opportunities per currency.
create or replace function stage_sums() returns table (stage jsonb)
language plpgsql stable
as $$
begin
    return query
    select jsonb_build_object(
        'id', s.id, 'name', s.name, 'status', s.status, 'pipeline', p.name, 'count', coalesce(w.count, 0),
        'sums', coalesce(w.sums, '[]')
    )
    from stages s
    join pipelines p on p.id = s.pipeline_id
    left join (
        select x.stage_id, sum(x.count) as count,
            jsonb_agg(jsonb_build_object('currency', x.currency, 'amount', x.amount::text) order by x.currency)
                filter (where x.amount is not null) as sums
        from (
            select o.stage_id, o.currency, count(*) as count, sum(o.amount) as amount
            from opportunities o
            group by o.stage_id, o.currency
        ) x
        group by x.stage_id
    ) w on w.stage_id = s.id
    order by p.position, p.name, s.position, s.name;
end
$$;
