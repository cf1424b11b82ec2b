-- The one way to merge: stores the merge with its edges, gives the smaller components the label of the greatest, and makes
-- anew what is derived. p_pairs: {{a, b}, …}, a being home (or the winner's end), every pair joining one more component.
-- p_winner_node: the winner's public node, manual merges only. p_winner, p_loser: public ids before; null: told from the result.
-- Answers the merge's id. Raises TD006 same_profile, TD007 ref_exists.
create or replace function join_nodes(
    p_ref text, p_pairs bigint[][], p_cause text, p_winner_node bigint, p_winner uuid, p_loser uuid,
    p_effective_at timestamptz, p_message_id text, p_actor text, p_detail jsonb
) returns uuid
language plpgsql
as $$
declare
    v_id uuid := uuidv7();
    v_labels bigint[];
    v_keep bigint;
    v_before uuid[];
    v_public uuid;
begin
    v_labels := lock_components(array(select distinct u.node from unnest(p_pairs) u(node)));
    if cardinality(v_labels) <> array_length(p_pairs, 1) + 1 then
        raise exception 'both ends are one profile' using errcode = 'TD006';
    end if;
    if exists (select from merge m where m.ref = p_ref) then
        raise exception 'the ref % names an earlier merge', p_ref using errcode = 'TD007';
    end if;
    select array_agg(c.profile_id order by c.label) into v_before from component c where c.label = any (v_labels);
    select c.label into v_keep
    from component c
    where c.label = any (v_labels)
    order by c.identifiers desc, c.label
    limit 1;

    insert into merge (id, ref, cause, winner, loser, winner_node, effective_at, message_id, actor, detail, created_at)
    values (
        v_id, p_ref, p_cause, coalesce(p_winner, v_before[1]), coalesce(p_loser, v_before[2]), p_winner_node, p_effective_at,
        p_message_id, p_actor, coalesce(p_detail, '{}') || jsonb_build_object('before', to_jsonb(v_before)), clock_timestamp()
    );
    insert into edge (merge, a, b)
    select v_id, p_pairs[i][1], p_pairs[i][2] from generate_series(1, array_length(p_pairs, 1)) i;

    update node n set component = v_keep where n.component = any (v_labels) and n.component <> v_keep;
    perform rebuild_components(v_labels, array[v_keep]);

    select c.profile_id into v_public from component c where c.label = v_keep;
    if p_winner is null then
        update merge m
        set winner = v_public, loser = (select b from unnest(v_before) b where b <> v_public limit 1)
        where m.id = v_id;
    end if;
    insert into outbox (topic, key, payload, at)
    values (
        'merge.applied', v_id::text,
        jsonb_build_object('id', v_id, 'ref', p_ref, 'cause', p_cause, 'profile_id', v_public, 'before', to_jsonb(v_before)),
        now()
    );
    return v_id;
end
$$;
