-- As ingest_batch, for events of the quarantine: p_quarantine are their ids. Those that are stored now, or were before, become
-- reprocessed in the same transaction, and the operation counts them. They were tallied at their receipt and are not again, but
-- as recovered. home and epoch of the answer are null.
create or replace function reprocess_batch(
    p_operation uuid, p_quarantine uuid[],
    p_reading_version int4, p_event_id uuid[], p_message_id text[], p_type text[], p_name text[], p_ts timestamptz[],
    p_received_at timestamptz[], p_flags int4[], p_source int2[], p_session text[], p_payload jsonb[], p_traits jsonb[],
    p_consent jsonb[], p_group_id text[], p_previous_id text[], p_id_msg int4[], p_id_type text[], p_id_value text[],
    p_co_msg int4[], p_co_kind text[], p_co_value text[], p_co_name text[], p_pf_msg int4[], p_pf_field text[],
    p_pf_value text[], p_email_norm text[], p_phone_e164 text[], p_form jsonb[] default null,
    out accepted boolean[], out home bigint[], out epoch int4
)
language plpgsql
as $$
declare
    v_counts jsonb;
begin
    select b.accepted into accepted
    from ingest_batch(
        null::text,
        p_reading_version, p_event_id, p_message_id, p_type, p_name, p_ts, p_received_at, p_flags, p_source, p_session,
        p_payload, p_traits, p_consent, p_group_id, p_previous_id, p_id_msg, p_id_type, p_id_value, p_co_msg, p_co_kind,
        p_co_value, p_co_name, p_pf_msg, p_pf_field, p_pf_value, p_email_norm, p_phone_e164, p_form
    ) b;
    with decided as (
        update quarantine q
        set state = 'reprocessed', decided_at = clock_timestamp(), operation = p_operation
        from unnest(p_quarantine, accepted) e(id, accepted)
        where q.id = e.id and q.state in ('held', 'rejected')
        returning e.accepted, q.source, q.key_id, q.received_at
    ),
    tallied as (
        insert into tally (hour, source, key_id, recovered)
        select date_trunc('hour', d.received_at, 'UTC'), coalesce(d.source, 0), coalesce(d.key_id, ''), count(*)
        from decided d
        where d.accepted
        group by 1, 2, 3
    )
    select jsonb_build_object(
        'accepted', count(*) filter (where d.accepted),
        'duplicates', count(*) filter (where not d.accepted))
    into v_counts
    from decided d;
    perform operation_count(p_operation, v_counts);
end
$$;
