-- The work of undo_record_merge. p_merge: the row of record_merge; p_row: the winner, which is locked.
create or replace function carry_out_undo(p_object jsonb, p_merge jsonb, p_row jsonb, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_id uuid := (p_merge ->> 'id')::uuid;
    v_name text := p_object ->> 'object';
    v_winner uuid := (p_row ->> 'id')::uuid;
    v_losers uuid[] := array(select jsonb_array_elements_text(p_merge -> 'losers')::uuid);
    v_context jsonb := jsonb_build_object('source', 0, 'rank', 40, 'at', now(), 'actor', p_actor, 'cause', 'unmerge');
    v_items jsonb[];
    v_back jsonb;
    v_lost jsonb;
    v_kept jsonb;
    v_ref text;
begin
    v_items := array[emptied_winner(p_object, p_merge, p_row)];
    perform return_claims(v_winner, p_merge -> 'claims');
    v_items := update_records(p_object, v_items);
    delete from record_alias a where a.merge = v_id;
    delete from record_redirect r where r.merge = v_id and r.old_id = any (v_losers);
    v_lost := return_losers(p_object, v_context, p_merge);
    perform return_own_links(p_object, p_merge);
    -- What was merged into a loser earlier is the loser's again.
    update record_redirect r set new_id = k.winner
    from record_merge k
    where p_merge -> 'redirects' ? r.old_id::text and r.new_id = v_winner and k.id = r.merge and k.winner = any (v_losers);
    v_back := return_relations(v_context, p_merge -> 'moved', v_winner);
    v_lost := v_lost || hang_apart(p_object, v_winner || v_losers);
    if v_name = 'contact' then
        perform sync_channels(v_winner || v_losers);
    end if;
    select m.ref into v_ref from merge m where m.id = (p_merge ->> 'profile_merge')::uuid and m.state <> 'undone';
    if found then
        perform split_merge(v_ref, p_actor, now());
        insert into dirty (nodes, at)
        select array_agg(distinct u.node), now()
        from edge e, unnest(array[e.a, e.b]) u(node) where e.merge = (p_merge ->> 'profile_merge')::uuid;
    end if;
    if v_name = 'contact' then
        perform refold_contacts(v_winner || v_losers);
    end if;
    perform publish_records(p_object, v_context, array[v_items[1] || '{"outcome": "unmerged"}'] || array(
        select jsonb_build_object(
            'id', l.row -> 'id', 'outcome', 'restored', 'version', (l.row ->> 'version')::integer + 2, 'changes', '{}'::jsonb
        )
        from jsonb_array_elements(p_merge -> 'rows') l(row)
    ));
    perform mark_members(v_name, u.id) from unnest(v_winner || v_losers) u(id);
    if to_regclass('duplicate_suggestion') is not null then
        update duplicate_suggestion d set state = 'open', merge = null, decided_at = null, decided_by = null where d.merge = v_id;
    end if;
    select coalesce(jsonb_agg(f.key order by f.key), '[]') into v_kept
    from jsonb_each(p_merge -> 'fields') f
    cross join lateral (select merged_now(p_object, v_winner) as row) w
    where coalesce(w.row -> f.key, 'null') is distinct from coalesce(f.value -> 'old', 'null') and f.key <> 'profile_id';
    update record_merge m
    set state = 'undone', undone_at = now(), undone_by = p_actor,
        undo = v_back || jsonb_build_object('kept', v_kept, 'lost', v_lost)
    where m.id = v_id;
    return record_merge_json(v_id);
end
$$;
