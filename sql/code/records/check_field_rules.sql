-- Marks as errors the items that leave out what people and imports must give to a new record of the tenant's own fields, or change
-- what is given once. What events make, what a conversion makes, and the next task of a series, may lack a required field.
create or replace function check_field_rules(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql stable
as $$
declare
    v_strict boolean := p_context ->> 'rank' in ('20', '40') and p_context ->> 'cause' not in ('convert', 'event', 'recurrence');
begin
    return (
        select array_agg(
            case when i ? 'outcome' or e.errors is null then i
                else i || jsonb_build_object('outcome', 'error', 'code', 'validation_failed', 'detail', e.errors) end
            order by n)
        from unnest(p_items) with ordinality u (i, n)
        cross join lateral (
            select jsonb_agg(jsonb_build_object('pointer', '/' || r.key) || case
                when i ? 'created' then '{"code": "required", "detail": "is required"}'::jsonb
                else '{"code": "fixed", "detail": "is given once and never changed"}' end order by r.key) as errors
            from jsonb_each(p_object -> 'rules') r
            where case
                when i ? 'created' then
                    v_strict and (r.value ->> 'required')::boolean and coalesce(i -> 'new' -> r.key, 'null') = 'null'
                else (r.value ->> 'fixed')::boolean and i -> 'new' ? r.key
                    and coalesce(i -> 'old' -> r.key, 'null') not in ('null', '[]') end) e);
end
$$;
