-- Points the references of other records at the winner of a merge, each with a version and a line of history of its own, and
-- answers {"column", "references": {loser: [record id]}}; null if there were none.
create or replace function move_references(
    p_context jsonb, p_name text, p_relation text, p_column text, p_winner uuid, p_losers uuid[]
) returns jsonb
language plpgsql
as $$
declare
    v_changed jsonb;
begin
    -- A winner that stood below a loser: pick_fields says where it stands.
    execute format('update %1$I t set %2$I = null where t.id = $1 and t.%2$I = any ($2)', p_relation, p_column)
    using p_winner, p_losers;
    execute format(
        $q$
        with held as materialized (
            select t.id, t.%2$I as target from %1$I t
            where t.%2$I = any ($2) and t.id <> all ($1 || $2) order by t.id for no key update),
        changed as (
            update %1$I t set %2$I = $1, version = t.version + 1, updated_at = now()
            from held h where t.id = h.id returning t.id, t.version, h.target)
        select jsonb_agg(jsonb_build_array(id, version, target, $1) order by id) from changed
        $q$, p_relation, p_column)
    into v_changed using p_winner, p_losers;
    if v_changed is null then
        return null;
    end if;
    perform publish_references(p_context, p_name, p_column, v_changed);
    return jsonb_build_object('column', p_column, 'references', (
        select jsonb_object_agg(g.target, g.ids)
        from (select c ->> 2 as target, jsonb_agg(c -> 0) as ids from jsonb_array_elements(v_changed) c group by 1) g
    ));
end
$$;
