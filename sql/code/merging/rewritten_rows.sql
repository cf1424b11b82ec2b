-- The rows of a relation that belong to the records p_ids (the winner of a merge first) and cannot simply change hands, because
-- several would be one or several primary: [{"before": [row], "after": row}]; null if there are none.
create or replace function rewritten_rows(p_relation text, p_column text, p_ids uuid[]) returns jsonb
language plpgsql stable
as $$
declare
    v_relation jsonb := describe_relation(p_relation);
    v_key text[] := array(select k from jsonb_array_elements_text(v_relation -> 'key') k where k <> p_column);
    v_group text[] := primary_group(p_relation);
    v_alone boolean := coalesce(p_column = any (v_group), false);   -- whether the winner may have one primary row only
    v_rewritten jsonb;
begin
    execute format(
        $q$
        with mine as (
            select t.*, u.pos as record_pos from unnest($1) with ordinality u(id, pos) join %1$I t on t.%2$I = u.id),
        united as (
            select %3$s, min(t.record_pos) as record_pos, count(*) as record_count,
                jsonb_agg(to_jsonb(t) - 'record_pos' order by t.record_pos) as before
            from mine t%4$s%5$s),
        ranked as (
            select u.before, u.record_count, to_jsonb(u) - array['before', 'record_pos', 'record_count']%6$s as after
            from united u)
        select jsonb_agg(jsonb_build_object('before', r.before, 'after', r.after))
        from ranked r
        where r.record_count > 1 or r.before -> 0 || jsonb_build_object(%7$L, $1[1]) <> r.after
        $q$,
        p_relation, p_column,
        (select string_agg(case when c ->> 'name' = p_column then format('$1[1] as %I', p_column)
            when c ->> 'name' = any (v_key) then format('t.%I', c ->> 'name')
            else format('%s as %I', united_column(p_relation, c ->> 'name'), c ->> 'name') end, ', ')
         from jsonb_array_elements(v_relation -> 'columns') c),
        ' group by ' || coalesce((select string_agg(format('t.%I', k), ', ') from unnest(v_key) k), '()'),
        case when v_alone then '' else ' having count(*) > 1' end,
        case when v_alone then format(
            ' || jsonb_build_object(''primary'', u."primary" and row_number() over (partition by %s order by u."primary" desc, u.record_pos) = 1)',
            coalesce((select string_agg(format('u.%I', g), ', ') from unnest(v_group) g where g <> p_column), '1')) else '' end,
        p_column)
    into v_rewritten using p_ids;
    return v_rewritten;
end
$$;
