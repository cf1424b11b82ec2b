-- A record's timeline (record_timeline) as its page shows it: each row with its time, its key for the next page, and what its kind has to say.
create or replace function timeline_page(
    p_object text, p_id uuid, p_before_at timestamptz, p_before_key text, p_limit int4
) returns table (entry jsonb)
language plpgsql stable
as $$
begin
    return query
    select jsonb_build_object('at', iso_time(t.at), 'key', t.key, 'kind', t.kind) || case t.kind
        when 'activity' then jsonb_build_object('activity', activity_json((t.data ->> 'id')::uuid))
        when 'opportunity' then jsonb_build_object('move', shown_fields('opportunity', t.data))
        when 'comment' then jsonb_build_object('comment', t.data)
        when 'ticket' then jsonb_build_object('ticket', t.data)
        else jsonb_build_object('event', event_summary(jsonb_build_object('properties', t.data -> 'properties')) || jsonb_build_object(
            'id', t.data -> 'id', 'at', iso_time(t.at), 'type', t.data -> 'type', 'name', t.data -> 'event', 'source', t.data -> 'source',
            'message_id', t.data -> 'message_id', 'profile', t.data -> 'profile_id',
            'person', case when p_object = 'account' and level_of('profile', 'read') = 'all' then person_label((t.data ->> 'profile_id')::uuid) end
        ))
    end
    from record_timeline(p_object, p_id, p_limit, p_before_at, p_before_key) t
    order by t.at desc, t.key collate "C" desc;
end
$$;
