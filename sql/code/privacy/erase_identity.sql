-- Empties the nodes of a person and leaves them as tombstones that only have an id, each by itself; their merges become `erased`
-- and can no more be undone. The caller holds the components. Answers {relation: rows}.
create or replace function erase_identity(p_nodes bigint[]) returns jsonb
language plpgsql
as $$
declare
    v_merges uuid[] := array(
        select distinct e.merge from edge e where e.a = any (p_nodes) or e.b = any (p_nodes)
    );
    v_labels bigint[] := array(select distinct n.component from node n where n.id = any (p_nodes));
    v_counts jsonb;
begin
    update edge e set active = false where e.merge = any (v_merges) and e.active;
    update merge m
    set state = case m.state when 'applied' then 'erased' else m.state end, detail = '{}'
    where m.id = any (v_merges);
    update review r
    set state = case r.state when 'open' then 'obsolete' else r.state end, detail = '{}',
        decided_at = coalesce(r.decided_at, now())
    where r.home = any (p_nodes) or r.nodes && p_nodes;
    delete from separation s where s.a = any (p_nodes) or s.b = any (p_nodes);
    delete from demotion_memo;
    with known as (
        select i.type, i.value from identifier i where i.node = any (p_nodes)
    ),
    named as (delete from demotion d using known k where d.type = k.type and d.value = k.value returning 1),
    identifiers as (delete from identifier i where i.node = any (p_nodes) returning 1),
    traits as (delete from trait_record t where t.node = any (p_nodes) returning 1),
    memberships as (delete from membership m where m.node = any (p_nodes) returning 1),
    consent as (delete from consent_statement c where c.node = any (p_nodes) returning 1),
    seen as (delete from activity_seen s where s.node = any (p_nodes) returning 1),
    gone as (delete from component c where c.label = any (v_labels) returning c.profile_id),
    shown as (delete from profiles p using gone g where p.profile_id = g.profile_id returning 1)
    select jsonb_build_object(
        'identifiers', (select count(*) from identifiers), 'traits', (select count(*) from traits),
        'memberships', (select count(*) from memberships), 'consent_statements', (select count(*) from consent),
        'demotions', (select count(*) from named), 'profiles', (select count(*) from shown)
    )
    into v_counts;
    update node n
    set traits = '{}', trait_ts = '{}', erased_at = now(), component = nextval('component_label')
    where n.id = any (p_nodes);
    return v_counts || jsonb_build_object('merges', cardinality(v_merges));
end
$$;
