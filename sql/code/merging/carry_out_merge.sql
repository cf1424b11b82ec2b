-- The work of merge_records, whose records are locked. p_rows: the winner first; p_ends: the nodes of their persons.
create or replace function carry_out_merge(
    p_object jsonb, p_rows jsonb[], p_choose jsonb, p_ends bigint[], p_actor text
) returns jsonb
language plpgsql
as $$
declare
    v_id uuid := uuidv7();
    v_name text := p_object ->> 'object';
    v_winner uuid := (p_rows[1] ->> 'id')::uuid;
    v_losers uuid[] := array(select (r ->> 'id')::uuid from unnest(p_rows[2:]) with ordinality u(r, n) order by n);
    v_context jsonb := jsonb_build_object('source', 0, 'rank', 40, 'at', now(), 'actor', p_actor, 'cause', 'merge');
    v_picked jsonb := pick_fields(p_object, p_rows, p_choose);
    v_warnings jsonb := merge_warnings(v_name, p_rows, p_ends);
    v_moved jsonb;
    v_claims jsonb;
    v_fields jsonb;
    v_profiles uuid;
    v_redirects uuid[];
    v_plan jsonb;
begin
    v_moved := move_relations(p_object, v_context, v_winner, v_losers);
    execute format('delete from %I t where t.id = any ($1)', p_object ->> 'relation') using v_losers;
    v_redirects := redirect_records(v_id, p_object, p_rows);
    v_claims := move_claims(p_object, v_winner, v_losers, v_picked, p_choose, p_actor);
    perform write_merged(p_object, v_context, p_rows, v_picked, p_choose);
    v_profiles := join_persons(v_id, p_ends, p_actor);
    if v_name = 'contact' then
        perform refold_contacts(array[v_winner]);
    end if;
    v_fields := changed_fields(p_object, p_rows[1], v_picked);
    v_plan := jsonb_build_object(
        'object', v_name, 'winner', v_winner, 'winner_name', record_name(p_rows[1]), 'losers', (
            select jsonb_agg(jsonb_build_object('id', r -> 'id', 'name', record_name(r)) order by n)
            from unnest(p_rows[2:]) with ordinality u(r, n)
        ),
        'fields', v_fields, 'conflicts', merge_conflicts(p_object, p_rows), 'warnings', v_warnings,
        'moved', count_moved(v_moved, false), 'united', count_moved(v_moved, true)
    );
    insert into record_merge (id, object, winner, losers, at, actor, fields, rows, claims, moved, redirects, plan, profile_merge)
    values (
        v_id, v_name, v_winner, v_losers, now(), p_actor, v_fields, to_jsonb(p_rows[2:]), v_claims, v_moved, v_redirects,
        v_plan, v_profiles
    );
    perform mark_members(v_name, v_winner);
    if to_regclass('duplicate_suggestion') is not null then
        update duplicate_suggestion d
        set state = 'merged', merge = v_id, decided_at = now(), decided_by = p_actor
        where d.a = any (v_winner || v_losers) and d.b = any (v_winner || v_losers) and d.state = 'open';
    end if;
    return record_merge_json(v_id);
end
$$;
