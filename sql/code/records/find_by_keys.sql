-- Gives every item that has matches ([{field: value}, …], by preference) the id of its record: that of the first which finds one. An item
-- whose matches find different records is an error that says which found what: nobody can tell which of them it is. One whose deciding
-- match finds several is what find_matched says of it; one that finds none keeps no id.
create or replace function find_by_keys(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_looks jsonb[];
begin
    select array_agg(
            jsonb_build_object('n', u.n, 'k', m.k, 'column', c.name, 'match', m.match, 'data', m.match) order by u.n, m.k)
    into v_looks
    from unnest(p_items) with ordinality u (i, n)
    cross join lateral jsonb_array_elements(u.i -> 'matches') with ordinality m (match, k)
    cross join lateral (select min(k) from jsonb_object_keys(m.match) k) c (name)
    where not u.i ? 'id' and not u.i ? 'outcome';
    if v_looks is null then
        return p_items;
    end if;
    return (
        with found as materialized (
            select (l ->> 'n')::integer as n, (l ->> 'k')::integer as k, l ->> 'column' as name,
                case when l ? 'id' then array[l ->> 'id'] else array(select jsonb_array_elements_text(l -> 'detail' -> 'ids')) end as ids,
                -- What a merged record was known by is not said of the one that it became.
                l ? 'id' and not l ? 'match' as is_alias,
                l - array['n', 'k', 'column', 'match', 'data'] as answer
            from unnest(find_matched(p_object, v_looks)) l
            where l ?| array['id', 'outcome']),
        decided as (
            select distinct on (n) n, ids, answer from found order by n, k),
        told as (
            select d.n, d.answer, bool_or(cardinality(d.ids) = 1 and not f.ids @> d.ids) as is_torn,
                jsonb_agg(jsonb_build_object('key', f.name, 'ids', f.ids) order by f.k) as found,
                coalesce(array_agg(f.name) filter (where f.is_alias), '{}') as aliases
            from decided d join found f using (n)
            group by d.n, d.answer)
        select array_agg(
            case when t.n is null then u.i
                when t.is_torn then u.i || jsonb_build_object('outcome', 'error', 'code', 'conflict',
                    'detail', jsonb_build_object('detail', 'its keys find different records', 'found', t.found))
                else u.i || t.answer || jsonb_build_object('data', coalesce(u.i -> 'data', '{}') - t.aliases) end
            order by u.n)
        from unnest(p_items) with ordinality u (i, n)
        left join told t on t.n = u.n);
end
$$;
