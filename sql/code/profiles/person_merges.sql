-- The merges that the visitors of a person have part in, as story_merges gives them, newest first, with the sides by name: also those
-- that were undone, but not what those who were parted from it did with others.
create or replace function person_merges(p_profile uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_nodes bigint[] := person_family(p_profile, 200);
    v_component bigint := (select n.component from node n where n.public_id = p_profile);
begin
    return (
        select coalesce(jsonb_agg(m.merge || jsonb_build_object('sides', (
            select jsonb_agg(jsonb_build_object('label', node_label(v_nodes[s.place]), 'node', n.public_id) order by s.first)
            from (
                select x.value::int4 + 1 as place, min(e.ordinality * 2 + x.ordinality) as first
                from jsonb_array_elements(m.merge -> 'edges') with ordinality e
                cross join lateral jsonb_array_elements_text(e.value) with ordinality x
                group by 1
            ) s
            join node n on n.id = v_nodes[s.place]
        )) order by m.pos desc), '[]')
        from jsonb_array_elements(story_merges(v_nodes)) with ordinality m(merge, pos)
        where exists (
            select
            from jsonb_array_elements(m.merge -> 'edges') e
            cross join lateral jsonb_array_elements_text(e.value) x
            join node n on n.id = v_nodes[x.value::int4 + 1]
            where n.component = v_component
        )
    );
end
$$;
