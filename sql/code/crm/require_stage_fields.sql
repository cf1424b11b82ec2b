-- Marks as errors the opportunities of a wave that enter a stage without the fields that it requires.
create or replace function require_stage_fields(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql stable
as $$
begin
    if not exists (
        select from unnest(p_items) i join stages s on s.id = (i -> 'new' ->> 'stage_id')::uuid where s.required_fields <> '{}')
    then
        return p_items;
    end if;
    return (
        select array_agg(
            case when l.errors is null then u.i else u.i || jsonb_build_object(
                'outcome', 'error', 'code', 'validation_failed', 'detail', l.errors
            ) end
            order by u.n
        )
        from unnest(p_items) with ordinality u (i, n)
        left join lateral (
            select jsonb_agg(jsonb_build_object(
                'pointer', '/' || r.field, 'code', 'required', 'detail', 'is required in the stage ' || s.name
            ) order by r.n) as errors
            from stages s
            cross join lateral unnest(s.required_fields) with ordinality r (field, n)
            where p_object -> 'columns' @> jsonb_build_array(jsonb_build_object('name', r.field)) and not u.i ? 'outcome' and s.id = (u.i -> 'new' ->> 'stage_id')::uuid
                and coalesce(u.i -> 'new' -> r.field, u.i -> 'old' -> r.field, u.i -> 'data' -> r.field, 'null') in ('null', '[]', '""')
        ) l on true);
end
$$;
