-- Records what a person said of consent to somebody: {category: true|false}, for the whole profile as it is now, on each of its nodes, so
-- that an undo loses nothing on either side. p_at null: now. Answers the consent of then. Raises TD001.
create or replace function state_consent(
    p_id uuid, p_categories jsonb, p_at timestamptz, p_proof jsonb, p_actor text
) returns jsonb
language plpgsql
as $$
declare
    v_label bigint := (await_components(array(select n.id from node n where n.component = profile_label(p_id))))[1];
    v_at timestamptz := coalesce(p_at, now());
begin
    insert into consent_statement (node, ts, message_id, source, categories, proof)
    select n.id, v_at, '', 0, p_categories, p_proof || jsonb_build_object('actor', p_actor, 'recorded_at', iso_time(now()))
    from node n
    where n.component = v_label
    order by n.id;
    insert into dirty (nodes, at) select array_agg(n.id order by n.id), now() from node n where n.component = v_label;
    insert into outbox (topic, key, payload, at)
    values ('profile.consent', p_id::text, jsonb_build_object('id', p_id, 'categories', p_categories), now());
    perform append_audit(
        p_actor, 'profile.consent', 'profile', p_id::text, jsonb_build_object('categories', p_categories));
    return profile_consent(p_id);
end
$$;
