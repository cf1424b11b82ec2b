-- The merges of a person and of those that an undo has parted from it, as story_merges gives them, newest first, with the
-- sides by name.
create or replace function person_merges(p_profile uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_nodes bigint[] := person_family(p_profile, 200);
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
    );
end
$$;
