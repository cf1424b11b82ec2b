-- The stages of a pipeline in order, each with number and sums of those of its opportunities that the caller may read (of one owner if given) and the
-- first p_limit as cards, the next to close first.
create or replace function opportunity_board(p_pipeline uuid, p_owner uuid, p_limit int4) returns table (stage jsonb)
language plpgsql stable
as $$
begin
    return query execute format(
        $q$
        select jsonb_build_object(
            'id', s.id, 'name', s.name, 'status', s.status, 'pipeline', p.name, 'count', coalesce(w.count, 0),
            'sums', coalesce(w.sums, '[]'), 'cards', (
                select coalesce(jsonb_agg(opportunity_json(c.id) order by c.n), '[]')
                from (
                    select x.id, row_number() over (
                        order by case when s.status = 'open' then %3$s end nulls last, %3$s desc nulls last, x.id
                    ) as n
                    from opportunities x
                    where %1$s and x.stage_id = s.id and ($2 is null or x.owner_id = $2)
                    order by n
                    limit $3
                ) c
            )
        )
        from stages s
        join pipelines p on p.id = s.pipeline_id
        left join (
            select y.stage_id, sum(y.count) as count,
                jsonb_agg(jsonb_build_object('currency', y.currency, 'amount', y.amount::text) order by y.currency)
                    filter (where y.amount is not null and $4) as sums
            from (
                select x.stage_id, x.currency, count(*) as count, sum(x.amount) as amount
                from opportunities x
                where %1$s and x.pipeline_id = $1 and ($2 is null or x.owner_id = $2)
                group by x.stage_id, x.currency
            ) y
            group by y.stage_id
        ) w on w.stage_id = s.id
        where s.pipeline_id = $1 and %2$s
        order by s.position, s.name, s.id
        $q$, record_condition('opportunity', 'read', 'x'), record_condition('stage', 'read', 's'),
        case when shows_field('opportunity', 'close_date') then 'x.close_date' else 'null::date' end
    ) using
        p_pipeline, case when shows_field('opportunity', 'owner_id') then p_owner end, p_limit, shows_field('opportunity', 'amount');
end
$$;
