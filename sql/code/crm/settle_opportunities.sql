-- The rules of an opportunity, applied to a wave before it is written. The stage gives the status; a change of stage
-- resets probability and forecast category unless the same write sets them; a probability set by hand is marked and
-- stays until the stage changes; with lines the amount is their sum; closing sets closed_at, reopening clears it.
create or replace function settle_opportunities(p_items jsonb[]) returns jsonb[]
language plpgsql stable
as $$
declare
    v_items jsonb[];
begin
    with item as (
        select n, i, i -> 'given' as given, coalesce(i -> 'old', '{}') as old
        from unnest(sum_lines(p_items)) with ordinality u (i, n)),
    placed as (
        select n, given, old,
            coalesce(given ->> 'pipeline_id', s.pipeline_id::text, old ->> 'pipeline_id',
                (select p.id::text from pipelines p order by p.position, p.created_at, p.id limit 1)) as pipeline,
            case when i ? 'changed_at' then i -> 'changed_at' else i -> 'at' end as changed_at
        from item left join stages s on s.id = (given ->> 'stage_id')::uuid
        where not i ? 'outcome'),
    staged as (
        select p.*, coalesce(given ->> 'stage_id',
            case when pipeline = old ->> 'pipeline_id' then old ->> 'stage_id' end,
            (select s.id::text from stages s where s.pipeline_id = pipeline::uuid order by s.position, s.key limit 1)) as stage
        from placed p),
    ruled as (
        select g.*, s.pipeline_id, to_jsonb(s.status) as status, to_jsonb(s.probability) as probability,
            to_jsonb(s.forecast_category) as forecast_category, stage is distinct from old ->> 'stage_id' as moved,
            coalesce(given ->> 'probability' is not null, false) as given_probability
        from staged g left join stages s on s.id = stage::uuid),
    settled as (
        select n, old, pipeline is distinct from pipeline_id::text as astray, jsonb_build_object(
            'pipeline_id', pipeline, 'stage_id', stage, 'status', status,
            'probability', case
                when given_probability then given -> 'probability'
                when moved or given ? 'probability' or given -> 'probability_manual' = 'false' then probability
                else old -> 'probability' end,
            'probability_manual', case
                when given_probability then coalesce(given -> 'probability_manual', 'true')
                when moved or given ? 'probability' then 'false'
                else coalesce(given -> 'probability_manual', old -> 'probability_manual') end,
            'forecast_category', case
                when given ->> 'forecast_category' is not null then given -> 'forecast_category'
                when moved or given ? 'forecast_category' then forecast_category
                else old -> 'forecast_category' end,
            'closed_at', case
                when status = '"open"' then 'null'
                when given ? 'closed_at' then given -> 'closed_at'
                when coalesce(old ->> 'status', 'open') = 'open' then changed_at
                else old -> 'closed_at' end) as field
        from ruled)
    select array_agg(
        case
            when s.n is null then i.i
            -- A pipeline that is not there is check_records' to tell.
            when s.astray and i.given ->> 'stage_id' is not null
                and exists (select from pipelines p where p.id = (s.field ->> 'pipeline_id')::uuid) then
                i.i || jsonb_build_object('outcome', 'error', 'code', 'validation_failed', 'detail', jsonb_build_array(
                    jsonb_build_object('pointer', '/stage_id', 'code', 'not_in_pipeline',
                        'detail', 'is not a stage of this pipeline')))
            else i.i || jsonb_build_object('new', (
                select coalesce(jsonb_object_agg(f.key, f.value), '{}')
                from jsonb_each(i.i -> 'new' || s.field) f
                where coalesce(s.old -> f.key, 'null') <> f.value))
        end
        order by i.n)
    into v_items
    from item i left join settled s using (n);
    return v_items;
end
$$;
