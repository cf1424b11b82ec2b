-- The stages of all pipelines in order, each with number and sum of those of its opportunities that the caller may read, per currency.
create or replace function stage_sums() returns table (stage jsonb)
language plpgsql stable
as $$
begin
    return query execute format(
        $q$
        select jsonb_build_object(
            'id', s.id, 'name', s.name, 'status', s.status, 'pipeline', p.name, 'count', coalesce(w.count, 0),
            'sums', coalesce(w.sums, '[]')
        )
        from stages s
        join pipelines p on p.id = s.pipeline_id
        left join (
            select x.stage_id, sum(x.count) as count,
                jsonb_agg(jsonb_build_object('currency', x.currency, 'amount', x.amount::text) order by x.currency)
                    filter (where x.amount is not null and $1) as sums
            from (
                select o.stage_id, o.currency, count(*) as count, sum(o.amount) as amount
                from opportunities o
                where %s
                group by o.stage_id, o.currency
            ) x
            group by x.stage_id
        ) w on w.stage_id = s.id
        where %s
        order by p.position, p.name, s.position, s.name
        $q$, record_condition('opportunity', 'read', 'o'), record_condition('stage', 'read', 's')
    ) using shows_field('opportunity', 'amount');
end
$$;
