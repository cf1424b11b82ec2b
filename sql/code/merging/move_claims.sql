-- What sources say of a merge's winner (field_source) after it: a field that a loser fills brings the loser's claims along, a
-- chosen one is a hand's word, and other values of losers stay beside as suggestions where they do not outrank what shows.
-- Answers {"before", "after"}: the rows of the winner that went and those that came.
create or replace function move_claims(
    p_object jsonb, p_winner uuid, p_losers uuid[], p_picked jsonb, p_choose jsonb, p_actor text
) returns jsonb
language plpgsql
as $$
declare
    v_chosen text[] := array(
        select c ->> 'name'
        from jsonb_array_elements(p_object -> 'columns') c
        where p_choose ?| array[c ->> 'name', merge_unit(p_object, c ->> 'name')]
          and not p_object -> 'companions' ? (c ->> 'name')
    );
    v_filled text[] := array(
        select k from jsonb_object_keys(p_picked) k
        where p_picked #>> array[k, 'from'] is not null and k <> all (v_chosen) and not p_object -> 'companions' ? k
    );
    v_before jsonb;
    v_after jsonb;
begin
    if not (p_object ->> 'ranked')::boolean then
        return '{"before": [], "after": []}';
    end if;
    with gone as (
        delete from field_source f
        where f.record_id = p_winner and (f.field = any (v_filled) or f.field = any (v_chosen) and f.source = 0)
        returning to_jsonb(f) as row
    )
    select coalesce(jsonb_agg(g.row), '[]') into v_before from gone g;
    with come as (
        insert into field_source (object, record_id, field, source, rank, at, message_id, actor, value)
        select p_object ->> 'object', p_winner, c.field, 0, 40, now(), '', p_actor,
            coalesce(p_picked #> array[c.field, 'value'], w.row -> c.field, 'null')
        from unnest(v_chosen) c(field)
        cross join lateral (select merged_now(p_object, p_winner) as row) w
        union all
        select *
        from (
            select distinct on (f.field, f.source)
                f.object, p_winner, f.field, f.source, f.rank, f.at, f.message_id, f.actor, f.value
            from unnest(p_losers) with ordinality l(id, pos)
            join field_source f on f.record_id = l.id
            left join lateral (
                select o.rank, o.at, o.message_id
                from field_source o
                where o.record_id = p_winner and o.field = f.field
                order by o.rank desc, o.at desc, o.message_id collate "C" desc
                limit 1
            ) b on true
            where f.field = any (v_filled) and p_picked #>> array[f.field, 'from'] = l.id::text
               or f.field = any (v_chosen) and f.source <> 0
               or f.field <> all (v_filled || v_chosen)
                and (b.rank, b.at, b.message_id collate "C") > (f.rank, f.at, f.message_id collate "C")
            order by f.field, f.source, p_picked #>> array[f.field, 'from'] is not distinct from l.id::text desc,
                f.rank desc, f.at desc, l.pos
        ) s
        on conflict do nothing
        returning to_jsonb(field_source) as row
    )
    select coalesce(jsonb_agg(c.row), '[]') into v_after from come c;
    return jsonb_build_object('before', v_before, 'after', v_after);
end
$$;
