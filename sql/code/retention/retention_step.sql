-- A step of taking away the events that the rules do not keep: p_pages pages of one partition, in a transaction of its own. An event goes when
-- both its time and its receipt are older than its rule says. Identifiers, traits, memberships, merges and consent that it brought stay; so do
-- counts. A pass goes once through all partitions that may hold any, and begins anew with other rules, or a day later. At its end it leaves an
-- entry in the audit log. Answers 1 if there is more to do, else 0.
create or replace function retention_step(p_now timestamptz, p_pages int4) returns int4
language plpgsql
as $$
declare
    v_rules record;
    v_pass record;
    v_cutoff timestamptz;
    v_part record;
    v_counts jsonb;
begin
    select r.version, r.rules into v_rules from event_retention r order by r.version desc limit 1;
    if not found or v_rules.rules = '[]' then
        return 0;
    end if;
    insert into event_retention_pass (version, began_at) values (v_rules.version, p_now) on conflict (singleton) do nothing;
    select p.* into v_pass from event_retention_pass p for update skip locked;
    if not found then
        return 0;   -- another server is at it
    end if;
    if v_pass.version <> v_rules.version or v_pass.finished_at < p_now - interval '1 day' then
        update event_retention_pass
        set version = v_rules.version, relation = '', page = 0, counts = '{}', began_at = p_now, finished_at = null
        returning * into v_pass;
    end if;
    if v_pass.finished_at is not null then
        return 0;
    end if;
    v_cutoff := p_now - make_interval(days => (select min((r ->> 'days')::int4) from jsonb_array_elements(v_rules.rules) r));
    select
        c.oid, c.relname, b.lower_bound, b.upper_bound,
        case when c.relname = v_pass.relation then v_pass.page else 0 end as page
    into v_part
    from pg_inherits i
    join pg_class c on c.oid = i.inhrelid
    cross join lateral (select pg_relation_size(c.oid) / current_setting('block_size')::bigint as pages) x
    cross join lateral (
        select
            substring(pg_get_expr(c.relpartbound, c.oid) from $re$FROM \('([^']+)'\)$re$)::timestamptz as lower_bound,
            substring(pg_get_expr(c.relpartbound, c.oid) from $re$TO \('([^']+)'\)$re$)::timestamptz as upper_bound
    ) b
    where i.inhparent = 'event_log'::regclass and (c.relname > v_pass.relation or c.relname = v_pass.relation and v_pass.page < x.pages)
      and x.pages > 0 and (b.lower_bound is null or b.lower_bound < v_cutoff)
    order by c.relname
    limit 1;
    if not found then
        update event_retention_pass set finished_at = p_now;
        if v_pass.counts <> '{}' then
            perform append_audit(
                'tandem', 'event_retention.pass', 'event_retention', v_rules.version::text,
                jsonb_build_object('deleted', v_pass.counts));
        end if;
        return 0;
    end if;
    -- Planned each time, so that the bounds leave one partition of many.
    execute $q$
        with gone as (
            delete from event_log e
            where e.tableoid = $1 and e.ctid >= $2 and e.ctid < $3 and e.ts >= $4 and e.ts < $5
              and greatest(e.ts, e.received_at) < $6 - make_interval(days => retention_days($7, e.type, e.name))
            returning e.type, e.name
        )
        select coalesce(jsonb_object_agg(g.what, g.n), '{}')
        from (select concat_ws(' ', x.type, x.name) as what, count(*) as n from gone x group by 1) g
    $q$
    into v_counts
    using
        v_part.oid, format('(%s,0)', v_part.page)::tid, format('(%s,0)', v_part.page + p_pages)::tid,
        coalesce(v_part.lower_bound, '-infinity'), least(coalesce(v_part.upper_bound, 'infinity'), v_cutoff), p_now, v_rules.rules;
    update event_retention_pass p
    set relation = v_part.relname, page = v_part.page + p_pages, counts = add_counts(p.counts, v_counts);
    return 1;
end
$$;
