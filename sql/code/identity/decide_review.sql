-- Decides an open review. Approving joins what is still apart to the node that would have been home, by one merge with the ref
-- `review:<ref>`; rejecting separates what is still apart for ever. If nothing is apart any more, the entry is obsolete. Answers
-- {"id", "ref", "state", "merge"?}. A dry run does the same and takes it back: its answer has "dry_run" and "plan", what the decision
-- changes (see identity_plan). Raises TD001, TD012.
create or replace function decide_review(p_id uuid, p_approve boolean, p_actor text, p_dry_run boolean default false)
returns jsonb
language plpgsql
as $$
declare
    v_review record;
    v_ref text;
    v_pairs bigint[][];
    v_state text;
    v_merge uuid;
    v_winner record;
    v_before jsonb;
    v_after jsonb;
    v_done jsonb;
begin
    select r.* into v_review from review r where r.id = p_id;
    if not found then
        raise exception 'no such review' using errcode = 'TD001';
    elsif v_review.state <> 'open' then
        -- Before its nodes are locked: erased ones have no components.
        raise exception 'the review was decided before' using errcode = 'TD012';
    end if;
    if p_dry_run then
        v_before := profile_states(v_review.home || v_review.nodes);
        begin
            v_done := decide_review(p_id, p_approve, p_actor);
            v_after := profile_states(v_review.home || v_review.nodes);
            raise exception 'dry run' using errcode = 'TDDRY';
        exception
            when sqlstate 'TDDRY' then null;
        end;
        return (v_done - 'merge') || jsonb_build_object('dry_run', true, 'plan', identity_plan(v_before, v_after));
    end if;
    perform await_components(v_review.home || v_review.nodes);
    select r.* into v_review from review r where r.id = p_id for update;
    if v_review.state <> 'open' then
        raise exception 'the review was decided before' using errcode = 'TD012';
    end if;

    -- Per component that is apart from home's, its first node in the entry.
    select array_agg(array[v_review.home, d.id] order by d.id) into v_pairs
    from (
        select distinct on (n.component) n.id
        from node n
        join node h on h.id = v_review.home and h.component <> n.component
        where n.id = any (v_review.nodes)
        order by n.component, n.id
    ) d;
    if v_pairs is null then
        v_state := 'obsolete';
    elsif p_approve then
        v_state := 'approved';
        v_ref := 'review:' || v_review.ref;
        if v_review.reason = 'manual' then
            select c.public_node, c.profile_id, l.profile_id as loser into v_winner
            from node n
            join component c on c.label = n.component
            join node m on m.id = v_pairs[1][2]
            join component l on l.label = m.component
            where n.id = v_review.home;
        else
            select null::bigint as public_node, null::uuid as profile_id, null::uuid as loser into v_winner;
        end if;
        v_merge := join_nodes(
            v_ref, v_pairs, 'review', v_winner.public_node, v_winner.profile_id, v_winner.loser,
            case when v_review.reason = 'manual' then v_review.effective_at else now() end, null, p_actor,
            jsonb_build_object('review', p_id)
        );
    else
        v_state := 'rejected';
        insert into separation (a, b, cause, ref, actor, created_at)
        select distinct least(v_review.home, n.id), greatest(v_review.home, n.id), 'review', v_review.ref, p_actor, now()
        from node n
        join node h on h.id = v_review.home and h.component <> n.component
        where n.id = any (v_review.nodes)
        order by 1, 2
        on conflict (a, b) do nothing;
    end if;

    update review r set state = v_state, decided_at = now(), decided_by = p_actor where r.id = p_id;
    update identity_state set epoch = epoch + 1;
    insert into dirty (nodes, at) values (v_review.home || v_review.nodes, now());
    perform append_audit(p_actor, 'review.decide', 'review', p_id::text, jsonb_build_object('state', v_state));
    return jsonb_build_object('id', p_id, 'ref', v_review.ref, 'state', v_state)
        || case when v_merge is null then '{}' else jsonb_build_object('merge', merge_show(v_merge)) end;
end
$$;
