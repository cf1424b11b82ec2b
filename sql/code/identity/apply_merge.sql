-- A person's merge: joins the profiles of p_winner and p_loser (see merge_end), over limits, caps and separations. Contacts of
-- more accounts than either side has open a review instead, unless forced. p_ref: the caller's name for it, null: one is made;
-- p_effective_at null: now. Answers what merge_show does, or, of a review, {"id", "ref", "state": "review", …}. A dry run
-- does the same and takes it back: its answer has "dry_run" and "plan", what the merge changes (see identity_plan; of a review,
-- what approving it will). Raises TD004, TD006, TD007, TD008, TD010.
create or replace function apply_merge(
    p_winner jsonb, p_loser jsonb, p_ref text, p_effective_at timestamptz, p_force boolean, p_actor text, p_dry_run boolean
) returns jsonb
language plpgsql
as $$
declare
    v_a bigint := merge_end(p_winner);
    v_b bigint := merge_end(p_loser);
    v_labels bigint[] := await_components(array[v_a, v_b]);
    v_ref text := coalesce(p_ref, 'merge-' || uuidv7());
    v_at timestamptz := coalesce(p_effective_at, now());
    v_sides record;
    v_review boolean;
    v_before jsonb;
    v_after jsonb;
    v_id uuid;
begin
    -- The merge that a review of it makes is called `review:<ref>`, and a name has at most 600 bytes.
    if octet_length(v_ref) not between 1 and 500 then
        raise exception 'the ref has to have 1 to 500 bytes' using errcode = 'TD004',
            detail = '[{"pointer": "/ref", "code": "invalid", "detail": "has to be a string of 1 to 500 bytes"}]';
    end if;
    if cardinality(v_labels) < 2 then
        raise exception 'both ends are one profile' using errcode = 'TD006';
    end if;
    if exists (select from merge m where m.ref = v_ref) or exists (select from review r where r.ref = v_ref) then
        raise exception 'the ref % names an earlier merge', v_ref using errcode = 'TD007';
    end if;
    select
        w.profile_id as winner, w.public_node as winner_node, l.profile_id as loser,
        a.public_id as a, b.public_id as b
    into v_sides
    from node a
    join component w on w.label = a.component
    cross join node b
    join component l on l.label = b.component
    where a.id = v_a and b.id = v_b;
    v_review := not p_force and to_regclass('contact_node') is not null and joins_accounts(v_labels);

    if p_dry_run then
        v_before := profile_states(array[v_a, v_b]);
        begin
            perform join_nodes(
                v_ref, array[array[v_a, v_b]], 'manual', v_sides.winner_node, v_sides.winner, v_sides.loser, v_at, null, p_actor,
                null
            );
            v_after := profile_states(array[v_a, v_b]);
            raise exception 'dry run' using errcode = 'TDDRY';
        exception
            when sqlstate 'TDDRY' then null;
        end;
        return jsonb_build_object(
            'dry_run', true, 'ref', v_ref, 'winner', v_sides.winner, 'loser', v_sides.loser,
            'state', case when v_review then 'review' else 'applied' end, 'cause', 'manual',
            'edges', jsonb_build_array(jsonb_build_object('a', v_sides.a, 'b', v_sides.b)), 'effective_at', iso_time(v_at),
            'plan', identity_plan(v_before, v_after)
        );
    end if;
    if v_review then
        v_id := open_review(
            v_ref, 'manual', array[v_a, v_b], v_at,
            jsonb_build_object('winner', v_sides.winner, 'loser', v_sides.loser, 'actor', p_actor)
        );
        perform append_audit(p_actor, 'review.open', 'review', v_id::text, '{}');
        return (
            select jsonb_build_object(
                'id', r.id, 'ref', r.ref, 'winner', v_sides.winner, 'loser', v_sides.loser, 'state', 'review',
                'cause', 'manual', 'edges', '[]'::jsonb, 'created_at', iso_time(r.created_at)
            )
            from review r
            where r.id = v_id
        );
    end if;
    v_id := join_nodes(
        v_ref, array[array[v_a, v_b]], 'manual', v_sides.winner_node, v_sides.winner, v_sides.loser, v_at, null, p_actor, null
    );
    update identity_state set epoch = epoch + 1;
    insert into dirty (nodes, at) values (array[v_a, v_b], now());
    perform append_audit(p_actor, 'merge.apply', 'merge', v_id::text, '{}');
    return merge_show(v_id);
end
$$;
