-- Makes anew all that is derived of components: p_before are their labels up to now, p_after the labels that their nodes carry
-- already. The caller holds the locks. Rows of profiles that end are taken away after contacts and leads were re-pointed.
create or replace function rebuild_components(p_before bigint[], p_after bigint[]) returns void
language plpgsql
as $$
declare
    v_stale uuid[];
begin
    with gone as (
        delete from component c where c.label = any (p_before) returning c.profile_id
    )
    select coalesce(array_agg(g.profile_id), '{}') into v_stale from gone g;

    insert into component (label, profile_id, public_node, identifiers, merges)
    select l.label, p.public_id, p.id, i.identifiers, m.merges
    from unnest(p_after) l(label)
    join node p on p.id = public_node(l.label)
    cross join lateral (
        select count(*) as identifiers from node n join identifier x on x.node = n.id where n.component = l.label
    ) i
    cross join lateral (
        select count(*) as merges from node n join edge e on e.a = n.id and e.active where n.component = l.label
    ) m;

    perform settle_profiles(p_after, v_stale, true);
end
$$;
