-- Marks as errors the users of a wave who would be the last to lose the right to change roles, by p_delete or by what they are to become.
create or replace function keep_administrator(p_items jsonb[], p_delete boolean default false) returns jsonb[]
language sql stable
as $$
    with item as (
        select i, n, not i ? 'outcome' and i ? 'old' and (i #>> '{old,active}')::boolean and is_administrator(
            array(select jsonb_array_elements_text(coalesce(nullif(i #> '{old,role_ids}', 'null'), '[]'))::uuid)
        ) as was, not p_delete and not i ? 'outcome' and coalesce(i #>> '{new,active}', i #>> '{old,active}', 'true')::boolean
            and is_administrator(array(
                select jsonb_array_elements_text(coalesce(nullif(coalesce(i #> '{new,role_ids}', i #> '{old,role_ids}'), 'null'), '[]'))::uuid
            )) as stays
        from unnest(p_items) with ordinality u(i, n)
    )
    select array_agg(
        case when x.was and not x.stays and w.last then x.i || jsonb_build_object(
            'outcome', 'error', 'code', 'conflict', 'detail', jsonb_build_object(
                'detail', 'This is the last administrator: nobody could give rights any more. Make another user one first.'
            )
        ) else x.i end order by x.n
    )
    from item x
    cross join (
        select exists (select from item y where y.was and not y.stays) and not exists (select from item y where y.stays) and not exists (
            select from administrators() a where a.id not in (select (y.i ->> 'id')::uuid from item y where y.i ? 'old')
        ) as last
    ) w
$$;
