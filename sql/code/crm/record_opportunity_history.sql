-- One row of opportunity_history per change of stage, amount, currency, probability, category, close date or owner, and
-- from it the stays of opportunity_stages. An item's changed_at says when it happened (null: nobody knows). A new
-- opportunity may bring the stages before its present one as history: [{stage_id, at}], whose other values nobody knows.
create or replace function record_opportunity_history(p_context jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
declare
    v_changes jsonb[];
begin
    select array_agg(
        jsonb_build_object('id', i -> 'id', 'old', coalesce(i -> 'old', '{}'), 'new', coalesce(i -> 'old', '{}') || (i -> 'new'),
            'moved', i -> 'changes' ? 'stage_id',
            'changed_at', case when i ? 'changed_at' then i -> 'changed_at' else i -> 'at' end,
            'earlier', case when i ? 'created' then coalesce(i -> 'history', '[]') else '[]' end,
            'seq', (select coalesce(max(h.seq), 0) from opportunity_history h where h.opportunity_id = (i ->> 'id')::uuid)))
    into v_changes
    from unnest(p_items) i
    where i ->> 'outcome' in ('created', 'updated')
        and i -> 'changes' ?| '{stage_id,amount,currency,probability,forecast_category,close_date,owner_id,status}';
    insert into opportunity_history (opportunity_id, seq, changed_at, recorded_at, actor, cause,
        old_stage_id, new_stage_id, old_status, new_status)
    select (c ->> 'id')::uuid, (c ->> 'seq')::integer + h.position, (h.value ->> 'at')::timestamptz, now(),
        p_context ->> 'actor', p_context ->> 'cause', o.id, s.id, o.status, s.status
    from unnest(v_changes) c
    cross join jsonb_array_elements(c -> 'earlier') with ordinality h (value, position)
    join stages s on s.id = (h.value ->> 'stage_id')::uuid
    left join stages o on o.id = (c -> 'earlier' -> (h.position - 2)::integer ->> 'stage_id')::uuid and h.position > 1;
    insert into opportunity_history (opportunity_id, seq, changed_at, recorded_at, actor, cause,
        old_stage_id, new_stage_id, old_amount, new_amount, old_currency, new_currency,
        old_probability, new_probability, old_forecast_category, new_forecast_category,
        old_close_date, new_close_date, old_owner_id, new_owner_id, old_status, new_status)
    select (c ->> 'id')::uuid, (c ->> 'seq')::integer + jsonb_array_length(c -> 'earlier') + 1,
        (c ->> 'changed_at')::timestamptz, now(), p_context ->> 'actor', p_context ->> 'cause',
        coalesce(c -> 'old' ->> 'stage_id', c -> 'earlier' -> -1 ->> 'stage_id')::uuid, (c -> 'new' ->> 'stage_id')::uuid,
        (c -> 'old' ->> 'amount')::numeric, (c -> 'new' ->> 'amount')::numeric,
        c -> 'old' ->> 'currency', c -> 'new' ->> 'currency',
        (c -> 'old' ->> 'probability')::numeric, (c -> 'new' ->> 'probability')::numeric,
        c -> 'old' ->> 'forecast_category', c -> 'new' ->> 'forecast_category',
        (c -> 'old' ->> 'close_date')::date, (c -> 'new' ->> 'close_date')::date,
        (c -> 'old' ->> 'owner_id')::uuid, (c -> 'new' ->> 'owner_id')::uuid,
        coalesce(c -> 'old' ->> 'status', (select s.status from stages s
            where s.id = (c -> 'earlier' -> -1 ->> 'stage_id')::uuid)),
        c -> 'new' ->> 'status'
    from unnest(v_changes) c;
    perform record_stage_stays(array(select c from unnest(v_changes) c where (c ->> 'moved')::boolean));
end
$$;
