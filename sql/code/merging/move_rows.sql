-- Gives the winner of a merge the rows that belong to the losers, and answers {"column", "rows": {loser: [key without the
-- column]}, "rewritten": [{"before": [row], "after": row}]}; null if there were none. A row that the winner has already is united
-- with it (see united_column), and of several primary ones the winner's, else the first, stays: those are kept whole.
create or replace function move_rows(p_relation text, p_column text, p_winner uuid, p_losers uuid[]) returns jsonb
language plpgsql
as $$
declare
    v_rewritten jsonb := rewritten_rows(p_relation, p_column, p_winner || p_losers);
    v_key text[] := array(
        select k from jsonb_array_elements_text(describe_relation(p_relation) -> 'key') k where k <> p_column
    );
    v_rows jsonb;
begin
    if v_rewritten is not null then
        execute format(
            $q$
            delete from %1$I t
            using jsonb_array_elements($1) r, jsonb_array_elements(r -> 'before') b, jsonb_populate_record(null::%1$I, b) x
            where t.%2$I = x.%2$I%3$s
            $q$, p_relation, p_column, (select string_agg(format(' and t.%1$I = x.%1$I', k), '') from unnest(v_key) k))
        using v_rewritten;
    end if;
    execute format(
        $q$
        with moved as (
            update %1$I t set %2$I = $1 from unnest($2) l(id) where t.%2$I = l.id
            returning l.id as loser, jsonb_build_array(%3$s) as key)
        select jsonb_object_agg(loser, keys) from (select loser, jsonb_agg(key) as keys from moved group by loser) g
        $q$, p_relation, p_column, (select string_agg(format('t.%I', k), ', ') from unnest(v_key) k))
    into v_rows using p_winner, p_losers;
    if v_rewritten is not null then
        execute format(
            'insert into %1$I (%2$s) select %3$s from jsonb_array_elements($1) r, jsonb_populate_record(null::%1$I, r -> ''after'') x',
            p_relation, column_list(p_relation, ''), column_list(p_relation, 'x.'))
        using v_rewritten;
    end if;
    if v_rows is null and v_rewritten is null then
        return null;
    end if;
    return jsonb_strip_nulls(jsonb_build_object('column', p_column, 'rows', v_rows)) || jsonb_build_object(
        'rewritten', coalesce(v_rewritten, '[]')
    );
end
$$;
