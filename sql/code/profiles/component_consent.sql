-- The consent of a profile by category: its statements and active merges in the order of their times (a merge before a statement). A
-- statement says it for all that is one person at that time; a merge takes the stricter where both sides have an opinion. So an undo
-- gives each side what was said of it alone. A category that nobody spoke of is not there: that is not a refusal.
create or replace function component_consent(p_label bigint)
returns table (category text, granted boolean, ts timestamptz, source smallint, message_id text, proof jsonb)
language plpgsql stable
as $$
declare
    v_nodes bigint[] := array(select n.id from node n where n.component = p_label order by n.id);
    v_said jsonb[] := array_fill('{}'::jsonb, array[cardinality(v_nodes)]);     -- by the place of the node that leads the person
    v_lead integer[] := array(select generate_series(1, cardinality(v_nodes)));
    v_step record;
    v_both jsonb;
    v_a integer;
    v_b integer;
begin
    if not exists (select from consent_statement s where s.node = any (v_nodes)) then
        return;
    end if;
    for v_step in
        select x.a, x.b, x.said
        from (
            select m.effective_at as at, 0 as rank, m.id::text as key, 0::bigint as seq, e.a, e.b, null::jsonb as said
            from edge e
            join merge m on m.id = e.merge
            where e.a = any (v_nodes) and e.active
            union all
            select s.ts, 1, s.message_id, s.seq, s.node, null, (
                select jsonb_object_agg(c.key, jsonb_build_object(
                    'granted', c.value, 'ts', s.ts, 'source', s.source, 'message_id', s.message_id, 'proof', s.proof))
                from jsonb_each(s.categories) c
            )
            from consent_statement s
            where s.node = any (v_nodes)
        ) x
        order by x.at, x.rank, x.key collate "C", x.seq
    loop
        v_a := v_lead[array_position(v_nodes, v_step.a)];
        if v_step.said is not null then
            v_said[v_a] := v_said[v_a] || v_step.said;
            continue;
        end if;
        v_b := v_lead[array_position(v_nodes, v_step.b)];
        select coalesce(jsonb_object_agg(k.key, k.value), '{}')
        into v_both
        from (
            select distinct on (o.key) o.key, o.value
            from (
                select x.key, x.value from jsonb_each(v_said[v_a]) x
                union all
                select y.key, y.value from jsonb_each(v_said[v_b]) y
            ) o
            order by o.key, (o.value ->> 'granted')::boolean, (o.value ->> 'ts')::timestamptz desc
        ) k;
        v_said[v_a] := v_both;
        v_lead := array(
            select case when l.lead = v_b then v_a else l.lead end from unnest(v_lead) with ordinality l(lead, n) order by l.n
        );
    end loop;
    return query
    select
        k.key, (k.value ->> 'granted')::boolean, (k.value ->> 'ts')::timestamptz, (k.value ->> 'source')::smallint,
        k.value ->> 'message_id', nullif(k.value -> 'proof', 'null')
    from jsonb_each(v_said[v_lead[1]]) k
    order by k.key;
end
$$;
