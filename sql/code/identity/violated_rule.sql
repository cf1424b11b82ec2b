-- The first rule that a profile made of the given components and new identifiers would break, or null. p_new_types: the type
-- of each identifier that nobody owns yet. Limits count an identifier at its attach time, inside the type's window. The anomaly
-- guard: a join gives the profile all identifiers but those of its largest part; of that part, those count as gained too that were
-- attached less than an hour from the event, and those of nodes that were joined then, but for the largest of these nodes.
create or replace function violated_rule(
    p_labels bigint[], p_new_types text[], p_ts timestamptz, p_crm boolean
) returns text
language plpgsql stable
as $$
declare
    v_state record;
    v_ids bigint;
    v_merges bigint;
    v_old bigint;
begin
    select s.* into v_state from identity_state s;

    perform
    from (
        select x.type, sum(x.n) as total, coalesce(max(x.n) filter (where x.label is not null), 0) as biggest
        from (
            select n.component as label, i.type, count(*) as n
            from node n
            cross join lateral (select o.type, o.attached_at from identifier o where o.node = n.id offset 0) i
            left join identity_limit l on l.type = i.type
            where n.component = any (p_labels)
              and abs(extract(epoch from p_ts - i.attached_at)) < coalesce(
                  86400.0 * case when l.type is null then v_state.default_window_days else l.window_days end, 'infinity'
              )
            group by n.component, i.type
            union all
            select null, t.type, count(*) from unnest(p_new_types) t(type) group by t.type
        ) x
        group by x.type
    ) y
    left join identity_limit l on l.type = y.type
    where y.total > case when l.type is null then v_state.default_max_values else l.max_values end
      and y.total > y.biggest;
    if found then
        return 'limit';
    end if;

    if cardinality(p_labels) > 1 then
        perform
        from node a
        cross join lateral (select o.b from separation o where o.a = a.id offset 0) s
        cross join lateral (select o.component from node o where o.id = s.b offset 0) b
        where a.component = any (p_labels) and b.component = any (p_labels) and a.component <> b.component;
        if found then
            return 'separated';
        end if;
    end if;

    select coalesce(sum(c.identifiers), 0) + cardinality(p_new_types), coalesce(sum(c.merges), 0) + cardinality(p_labels) - 1
    into v_ids, v_merges
    from component c
    where c.label = any (p_labels);
    if v_ids > v_state.max_ids then
        return 'max_ids';
    elsif v_merges > v_state.max_merges then
        return 'max_merges';
    end if;

    -- Not asked of profiles that have no more than the guard allows.
    if cardinality(p_labels) > 1 and v_ids > v_state.anomaly_ids then
        select coalesce(max(x.old), 0) into v_old
        from (
            select coalesce(sum(k.n) filter (where not k.joined), 0) + coalesce(max(k.n) filter (where k.joined), 0) as old
            from (
                select n.component, i.n, exists (
                    select
                    from (
                        select o.merge from edge o where o.a = n.id and o.active
                        union all
                        select o.merge from edge o where o.b = n.id and o.active
                    ) e
                    cross join lateral (select o.effective_at from merge o where o.id = e.merge offset 0) m
                    where abs(extract(epoch from p_ts - m.effective_at)) < 3600
                ) as joined
                from node n
                cross join lateral (
                    select count(*) as n
                    from identifier o
                    where o.node = n.id and abs(extract(epoch from p_ts - o.attached_at)) >= 3600
                ) i
                where n.component = any (p_labels)
            ) k
            group by k.component
        ) x;
        if v_ids - v_old > v_state.anomaly_ids then
            return 'anomaly';
        end if;
    end if;

    if p_crm and cardinality(p_labels) > 1 and joins_accounts(p_labels) then
        return 'review';
    end if;
    return null;
end
$$;
