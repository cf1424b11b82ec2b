-- The one way to merge: stores the merge with its edges, gives the smaller components the label of the greatest, and makes
-- anew what is derived. p_pairs: {{a, b}, …}, a being home (or the winner's end), every pair joining one more component.
-- p_winner_node: the winner's public node, manual merges only. p_winner, p_loser: public ids before; null: told from the result.
-- p_refresh: whether the rows of profiles are written; false: the caller does it. Answers the merge's id. Raises TD006 same_profile, TD007 ref_exists.
create or replace function join_nodes(
    p_ref text, p_pairs bigint[][], p_cause text, p_winner_node bigint, p_winner uuid, p_loser uuid,
    p_effective_at timestamptz, p_message_id text, p_actor text, p_detail jsonb,
    p_refresh boolean default true
) returns uuid
language plpgsql
as $$
declare
    v_id uuid := uuidv7();
    v_labels bigint[];
    v_keep bigint;
    v_before uuid[];
    v_identifiers int4;
    v_merges int4;
    v_public uuid;
begin
    v_labels := lock_components(null::text, array(select distinct u.node from unnest(p_pairs) u(node)));
    if cardinality(v_labels) <> array_length(p_pairs, 1) + 1 then
        raise exception 'both ends are one profile' using errcode = 'TD006';
    end if;
    if exists (select from merge m where m.ref = p_ref) then
        raise exception 'the ref % names an earlier merge', p_ref using errcode = 'TD007';
    end if;
    select
        array_agg(c.profile_id order by c.label), (array_agg(c.label order by c.identifiers desc, c.label))[1],
        sum(c.identifiers), sum(c.merges) + array_length(p_pairs, 1)
    into v_before, v_keep, v_identifiers, v_merges
    from component c
    where c.label = any (v_labels);

    insert into merge (id, ref, cause, winner, loser, winner_node, effective_at, message_id, actor, detail, created_at)
    values (
        v_id, p_ref, p_cause, coalesce(p_winner, v_before[1]), coalesce(p_loser, v_before[2]), p_winner_node, p_effective_at,
        p_message_id, p_actor, coalesce(p_detail, '{}') || jsonb_build_object('before', to_jsonb(v_before)), clock_timestamp()
    );
    insert into edge (merge, a, b)
    select v_id, p_pairs[i][1], p_pairs[i][2] from generate_series(1, array_length(p_pairs, 1)) i;

    update node n set component = v_keep where n.component = any (v_labels) and n.component <> v_keep;
    delete from component c where c.label = any (v_labels) and c.label <> v_keep;
    update component c
    set (profile_id, public_node, identifiers, merges) = (n.public_id, n.id, v_identifiers, v_merges)
    from node n
    where c.label = v_keep and n.id = public_node(v_keep)
    returning c.profile_id into v_public;
    perform settle_profiles(
        array[v_keep], array_remove(v_before, v_public),
        p_refresh or not exists (select from profiles p where p.profile_id = v_public)
    );

    if p_winner is null and v_before[1] <> v_public then
        update merge m set winner = v_public, loser = v_before[1] where m.id = v_id;
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
