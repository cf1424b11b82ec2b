-- Erases events of nodes with what hangs on them, p_limit of them at most (null: all), and answers {relation: rows}.
create or replace function erase_events(p_nodes bigint[], p_limit integer) returns jsonb
language plpgsql
as $$
declare
    v_counts jsonb;
begin
    if to_regclass('event_log') is null then
        return '{}';
    end if;
    with doomed as materialized (
        select l.node, l.ts, l.seq
        from event_log l
        where l.node = any (p_nodes)
        order by l.node, l.ts, l.seq
        limit p_limit
    ),
    gone as (
        delete from event_log l using doomed d
        where l.node = d.node and l.ts = d.ts and l.seq = d.seq
        returning l.event_id
    ),
    violation as (delete from plan_violation v using gone g where v.event_id = g.event_id returning 1),
    demoted as (delete from demotion d using gone g where d.event_id = g.event_id returning 1)
    select jsonb_build_object(
        'events', (select count(*) from gone), 'plan_violations', (select count(*) from violation),
        'demotions', (select count(*) from demoted)
    )
    into v_counts;
    return v_counts;
end
$$;
