-- Inserts the rows that a merge rewrote as they were: the losers' always, the winner's where what became of them is gone (p_gone).
-- A row that has become a second primary one is no longer primary. Answers how many of the losers came back.
create or replace function return_whole(
    p_relation text, p_shape jsonb, p_part jsonb, p_winner uuid, p_gone jsonb
) returns bigint
language plpgsql
as $$
declare
    v_group text[] := primary_group(p_relation);
    v_rows bigint;
begin
    execute format(
        $q$
        with back as (
            insert into %1$I (%2$s)
            select %3$s
            from jsonb_array_elements($1) r
            cross join lateral jsonb_array_elements(r -> 'before') b
            cross join lateral jsonb_populate_record(null::%1$I, b) x
            where (x.%4$I <> $2 or $3 @> jsonb_build_array(r -> 'after'))%5$s
            on conflict do nothing
            returning %4$I as record_id)
        select count(*) from back where record_id <> $2
        $q$,
        p_relation, column_list(p_relation, ''),
        (select string_agg(case when c ->> 'name' = 'primary' and v_group is not null then format(
                'x."primary" and not exists (select from %1$I o where o."primary"%2$s)', p_relation,
                (select string_agg(format(' and o.%1$I = x.%1$I', g), '') from unnest(v_group) g))
            else format('x.%I', c ->> 'name') end, ', ')
         from jsonb_array_elements(p_shape -> 'columns') c),
        p_part ->> 'column',
        (select coalesce(string_agg(format(' and (x.%1$I is null or exists (select from %2$I e where e.id = x.%1$I))',
            l ->> 'column', l ->> 'relation'), ''), '')
         from jsonb_array_elements(p_shape -> 'links') l))
    into v_rows using p_part -> 'rewritten', p_winner, p_gone;
    return v_rows;
end
$$;
