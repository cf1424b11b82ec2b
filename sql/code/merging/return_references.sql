-- Points the references that a merge moved (see move_references) back at the losers, where they still lead to the winner. Answers
-- how many went back, and how many did not.
create or replace function return_references(
    p_context jsonb, p_name text, p_relation text, p_part jsonb, p_winner uuid
) returns bigint[]
language plpgsql
as $$
declare
    v_changed jsonb;
begin
    execute format(
        $q$
        with kept as (
            select l.key::uuid as loser, i.id::uuid
            from jsonb_each($2) l cross join lateral jsonb_array_elements_text(l.value) i(id)),
        held as materialized (
            select t.id, k.loser from kept k join %1$I t on t.id = k.id
            where t.%2$I = $1 order by t.id for no key update of t),
        changed as (
            update %1$I t set %2$I = h.loser, version = t.version + 1, updated_at = now()
            from held h where t.id = h.id returning t.id, t.version, h.loser)
        select jsonb_agg(jsonb_build_array(id, version, $1, loser) order by id) from changed
        $q$, p_relation, p_part ->> 'column')
    into v_changed using p_winner, p_part -> 'references';
    v_changed := coalesce(v_changed, '[]');
    perform publish_references(p_context, p_name, p_part ->> 'column', v_changed);
    return array[jsonb_array_length(v_changed), (
        select sum(jsonb_array_length(l.value)) from jsonb_each(p_part -> 'references') l
    ) - jsonb_array_length(v_changed)];
end
$$;
