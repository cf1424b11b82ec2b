-- Adds holders to the items of renew_forms whose new forms are keys of other records, or of an item before. Records that share a key already
-- may go on sharing it.
create or replace function held_forms(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[] := p_items;
    v_key text;
begin
    for v_key in
        select c.key from jsonb_each(p_object -> 'companions') c
        where p_object -> 'soft_unique' ? c.key or p_object -> 'unique' @> jsonb_build_array(jsonb_build_array(c.key))
    loop
        execute format(
            $q$
            select array_agg(
                case when h.ids is null then u.i else u.i || jsonb_build_object('holders', to_jsonb(h.ids)) end order by u.n)
            from unnest($1) with ordinality u (i, n)
            left join lateral (
                select array_agg(o.id) as ids
                from (
                    select t.id from %1$I t
                    where t.%2$I = u.i #>> '{new,%2$s}' and t.id <> (u.i ->> 'id')::uuid
                    union
                    select (e.i ->> 'id')::uuid from unnest($1) with ordinality e (i, n)
                    where e.n < u.n and e.i #>> '{new,%2$s}' = u.i #>> '{new,%2$s}'
                        and e.i #>> '{old,%2$s}' is distinct from u.i #>> '{old,%2$s}'
                    limit 5) o
                where u.i #>> '{new,%2$s}' is not null) h on true
            $q$, p_object ->> 'relation', v_key)
        into v_items using v_items;
    end loop;
    return coalesce(v_items, '{}');
end
$$;
