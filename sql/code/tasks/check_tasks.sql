-- Marks as errors the activities of a wave whose rule of recurrence says nothing, or that have one, or reminders, without being due.
create or replace function check_tasks(p_items jsonb[]) returns jsonb[]
language sql stable
as $$
    select array_agg(
        case when e.errors is null then u.i else u.i || jsonb_build_object(
            'outcome', 'error', 'code', 'validation_failed', 'detail', e.errors
        ) end
        order by u.n
    )
    from unnest(p_items) with ordinality u (i, n)
    cross join lateral (
        select
            case when u.i -> 'new' ? 'recurrence' then u.i #>> '{new,recurrence}' else u.i #>> '{old,recurrence}' end as rule,
            coalesce(
                case when u.i -> 'new' ? 'due_at' then u.i #>> '{new,due_at}' else u.i #>> '{old,due_at}' end,
                case when u.i -> 'new' ? 'due_date' then u.i #>> '{new,due_date}' else u.i #>> '{old,due_date}' end
            ) as due
    ) t
    left join lateral (
        select jsonb_agg(jsonb_build_object('pointer', w.pointer, 'code', w.code, 'detail', w.detail)) as errors
        from (
            select '/recurrence' as pointer, 'invalid' as code, recurrence_rule(t.rule) ->> 'error' as detail
            where u.i -> 'new' ? 'recurrence' and recurrence_rule(t.rule) ? 'error'
            union all
            select '/due_date', 'required', 'is required, or due_at, of a task that comes again'
            where t.rule is not null and t.due is null
            union all
            select '/due_date', 'required', 'is required, or due_at, of a task that is reminded of'
            where t.due is null and coalesce(jsonb_array_length(u.i #> '{data,reminders}'), 0) > 0
        ) w
    ) e on not u.i ? 'outcome' and u.i -> 'new' ?| array['recurrence', 'due_at', 'due_date']
        or not u.i ? 'outcome' and u.i -> 'data' ? 'reminders'
$$;
