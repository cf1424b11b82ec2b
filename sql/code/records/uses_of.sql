-- Per record id what keeps it from being deleted: {relation: rows}. Rows that go to the bin with it do not count, nor
-- do references among the records of the call; rows that belong to it must themselves be unused.
create or replace function uses_of(p_object jsonb, p_items jsonb[]) returns jsonb
language plpgsql stable
as $$
declare
    v_query text;
    v_result jsonb;
begin
    select string_agg(part, ' union all ') into v_query
    from (
        select format('select t.%2$I as id, %1$L as relation from %1$I t where t.%2$I = any ($1)%3$s',
            r ->> 'relation', r ->> 'column',
            case when r ->> 'relation' = p_object ->> 'relation' then ' and not t.id = any ($1)' else '' end) as part
        from jsonb_array_elements(references_to(p_object ->> 'relation')) r
        where not p_object -> 'owned' ? (r ->> 'relation') and not (r ->> 'child')::boolean
            and ((p_object ->> 'kept_while_used')::boolean or not (r ->> 'optional')::boolean)
        union all
        select format('select o.%2$I, %3$L from %1$I o join %3$I t on t.%4$I = o.id where o.%2$I = any ($1)',
            w ->> 'relation', w ->> 'column', r ->> 'relation', r ->> 'column')
        from jsonb_array_elements(references_to(p_object ->> 'relation')) w,
            jsonb_array_elements(references_to(w ->> 'relation')) r
        where p_object -> 'owned' ? (w ->> 'relation')) q;
    if v_query is null then
        return '{}';
    end if;
    execute format(
        $q$
        select jsonb_object_agg(id, uses)
        from (
            select id, jsonb_object_agg(relation, rows) as uses
            from (select id, relation, count(*) as rows from (%s) u group by id, relation) c
            group by id) d
        $q$, v_query)
    into v_result
    using array(select (i ->> 'id')::uuid from unnest(p_items) i where not i ? 'outcome');
    return coalesce(v_result, '{}');
end
$$;
