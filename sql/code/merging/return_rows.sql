-- Gives the losers of a merge the rows back that move_rows took, as far as the winner still has them; rewritten ones come back whole
-- where their other ends are still there, and the winner's own where they are what the merge made of them. Answers how many came
-- back, and how many did not.
create or replace function return_rows(p_relation text, p_part jsonb, p_winner uuid) returns bigint[]
language plpgsql
as $$
declare
    v_column text := p_part ->> 'column';
    v_relation jsonb := describe_relation(p_relation);
    v_match text;
    v_moved bigint;
    v_gone jsonb;
    v_whole bigint := 0;
    v_wanted bigint;
begin
    select string_agg(format(' and t.%I = (k.key ->> %s)::%s', u.name, u.n - 1, format_type(a.atttypid, null)), '')
    into v_match
    from (
        select x.name, row_number() over (order by x.pos) as n
        from jsonb_array_elements_text(v_relation -> 'key') with ordinality x(name, pos)
        where x.name <> v_column
    ) u
    join pg_attribute a on a.attrelid = to_regclass(quote_ident(p_relation)) and a.attname = u.name;
    execute format(
        $q$
        with kept as (
            select l.key::uuid as loser, i.key
            from jsonb_each(coalesce($2, '{}')) l cross join lateral jsonb_array_elements(l.value) i(key)),
        back as (update %1$I t set %2$I = k.loser from kept k where t.%2$I = $1%3$s returning 1)
        select count(*) from back
        $q$, p_relation, v_column, v_match)
    into v_moved using p_winner, p_part -> 'rows';
    if p_part -> 'rewritten' <> '[]' then
        execute format(
            $q$
            with gone as (
                delete from %1$I t using jsonb_array_elements($2) r
                where t.%2$I = $1 and to_jsonb(t) = r -> 'after' returning r -> 'after' as row)
            select coalesce(jsonb_agg(row), '[]') from gone
            $q$, p_relation, v_column)
        into v_gone using p_winner, p_part -> 'rewritten';
        v_whole := return_whole(p_relation, v_relation, p_part, p_winner, v_gone);
    end if;
    select coalesce((select sum(jsonb_array_length(l.value)) from jsonb_each(coalesce(p_part -> 'rows', '{}')) l), 0) + (
        select count(*) from jsonb_array_elements(p_part -> 'rewritten') r, jsonb_array_elements(r -> 'before') b
        where b ->> v_column <> p_winner::text
    ) into v_wanted;
    return array[v_moved + v_whole, v_wanted - v_moved - v_whole];
end
$$;
