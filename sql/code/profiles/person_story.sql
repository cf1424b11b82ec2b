-- Where one person came from: the nodes of the family (see person_family), each with its first and last p_events events, and
-- the merges between them, those that were undone too. Nodes are told by their place in `nodes`, from 0. Raises TD001.
create or replace function person_story(p_profile uuid, p_events int4) returns jsonb
language plpgsql stable
as $$
declare
    v_nodes bigint[] := person_family(p_profile, 24);
begin
    if v_nodes is null then
        raise exception 'no such profile' using errcode = 'TD001';
    end if;
    return (
        select jsonb_build_object(
            'id', c.profile_id, 'label', person_label(c.profile_id), 'nodes', story_nodes(v_nodes),
            'merges', story_merges(v_nodes), 'events', story_events(v_nodes, p_events)
        )
        from node o
        join component c on c.label = o.component
        where o.public_id = p_profile
    );
end
$$;
