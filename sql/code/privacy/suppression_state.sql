-- Whether an identifier (normalised) is suppressed: {"suppressed", "since", "request"}.
create or replace function suppression_state(p_type text, p_value text) returns jsonb
language sql stable
as $$
    select coalesce(
        (
            select jsonb_build_object('suppressed', true, 'since', iso_time(s.since), 'request', s.request)
            from suppression s
            where s.hash = suppression_hash(p_type, p_value) and s.lifted_at is null
        ),
        jsonb_build_object('suppressed', false)
    )
$$;
