-- What the tests share, in the schema of pgTAP: how a message comes in, and who owns an identifier.

-- Sends one message. p_ids: {type, value, type, value, …} by priority. Answers its outcome.
create function send(
    p_message_id text, p_type text, p_at timestamptz, p_ids text[], p_traits jsonb default null, p_group_id text default null,
    p_flags int4 default 224, p_reading_version int4 default null
) returns text
language plpgsql
as $$
declare
    v_types text[] := array(select p_ids[i] from generate_series(1, cardinality(p_ids), 2) i order by i);
    v_values text[] := array(select p_ids[i] from generate_series(2, cardinality(p_ids), 2) i order by i);
begin
    return (
        select case when b.accepted[1] then 'accepted' else 'duplicate' end
        from ingest_batch(
            p_plans => null::text,
            p_reading_version => coalesce(p_reading_version, (select s.reading_version from identity_state s)),
            p_event_id => array[md5(p_message_id)::uuid], p_message_id => array[p_message_id], p_type => array[p_type],
            p_name => array[case when p_type = 'track' then 'Test' end], p_ts => array[p_at], p_received_at => array[p_at],
            p_flags => array[p_flags], p_source => array[0]::int2[], p_session => array[null::text],
            p_payload => array['{}'::jsonb], p_traits => array[p_traits], p_consent => array[null::jsonb],
            p_group_id => array[p_group_id], p_previous_id => array[null::text],
            p_id_msg => array_fill(1, array[cardinality(v_types)]), p_id_type => v_types, p_id_value => v_values,
            p_co_msg => '{}', p_co_kind => '{}', p_co_value => '{}', p_co_name => '{}',
            p_pf_msg => '{}', p_pf_field => '{}', p_pf_value => '{}',
            p_email_norm => array[null::text], p_phone_e164 => array[null::text]
        ) b
    );
end
$$;

-- The node that owns an identifier.
create function owner_of(p_type text, p_value text) returns bigint
language sql stable
as $$
    select i.node from identifier i where i.type = p_type and i.value = p_value
$$;

-- The profile that shows an identifier.
create function profile_of(p_type text, p_value text) returns uuid
language sql stable
as $$
    select c.profile_id from node n join component c on c.label = n.component where n.id = owner_of(p_type, p_value)
$$;
