-- What the fields of a merge's winner become: {column: {"value", "from": record id or null}} for each column whose value is not
-- the winner's own. Columns that say one thing together (an address, an amount with its currency, a value with its normal
-- form) come from one record. Opt-outs are united to the strictest, tags to all; a hierarchy keeps out of loops.
create or replace function pick_fields(p_object jsonb, p_rows jsonb[], p_choose jsonb) returns jsonb
language plpgsql stable
as $$
declare
    v_picked jsonb;
begin
    with record as (
        select r.row, r.pos, r.row ->> 'id' as id from unnest(p_rows) with ordinality r(row, pos)
    ), col as (
        select c.name, merge_unit(p_object, c.name) as unit
        from (select x ->> 'name' as name from jsonb_array_elements(p_object -> 'columns') x) c
        where merge_unit(p_object, c.name) is not null
    ), chosen as (
        select u.unit, coalesce(p_choose #>> array[u.unit, 'from'], (
            select r.id
            from record r
            where exists (
                select from col c
                where c.unit = u.unit and (c.unit = 'address' or c.name = c.unit) and coalesce(r.row ->> c.name, '') <> ''
            )
            order by r.pos
            limit 1
        )) as id
        from (select distinct c.unit from col c) u
    ), value as (
        select c.name, r.row -> c.name as value, r.id
        from col c
        join chosen h on h.unit = c.unit
        join record r on r.id = h.id
        where not p_choose ? c.name or c.name = c.unit and p_choose -> c.name ? 'from'
        union all
        select c.name, case when h.value ? 'value' then h.value -> 'value' else r.row -> c.name end, r.id
        from jsonb_each(p_choose) h
        join col c on c.name = h.key and not (c.name = c.unit and h.value ? 'from')
        left join record r on r.id = h.value ->> 'from'
        union all
        select 'do_not_contact', 'true'::jsonb, (array_agg(r.id order by r.pos))[1]
        from record r
        where r.row -> 'do_not_contact' = 'true'
        having count(*) > 0
        union all
        select 'tags', jsonb_agg(t.tag order by t.pos, t.tag), null::text
        from (
            select x.tag, min(r.pos) as pos
            from record r cross join lateral jsonb_array_elements_text(r.row -> 'tags') x(tag)
            where not p_choose ? 'tags'
            group by x.tag
        ) t
        having count(*) > 0
        union all
        select 'parent_id', a.parent, null
        from (select above_merged(p_object, p_rows, p_choose) as parent) a
        where p_object -> 'links' @> jsonb_build_array(
            jsonb_build_object('column', 'parent_id', 'relation', p_object -> 'relation')
        )
    )
    select coalesce(jsonb_object_agg(v.name, jsonb_build_object('value', coalesce(v.value, 'null'), 'from', v.id)), '{}')
    into v_picked
    from value v
    where case when v.name = 'tags'
        then not ((p_rows[1] -> 'tags') @> v.value and v.value @> (p_rows[1] -> 'tags'))
        else coalesce(v.value, 'null') is distinct from coalesce(p_rows[1] -> v.name, 'null') end;
    return v_picked;
end
$$;
