-- A request as the API shows it, ids without prefixes. Raises TD001.
create or replace function privacy_request_show(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_shown jsonb;
begin
    select jsonb_build_object(
        'id', r.id, 'kind', r.kind, 'state', privacy_request_state(r.id, r.state, r.created_at), 'subject', jsonb_build_object('type', r.type, 'hash', encode(r.hash, 'hex')),
        'reason', r.reason, 'counts', r.counts, 'receipt', r.receipt, 'requested_by', r.actor,
        'created_at', iso_time(r.created_at), 'finished_at', iso_time(r.finished_at)
    )
    into v_shown
    from privacy_request r
    where r.id = p_id;
    if v_shown is null then
        raise exception 'no such request' using errcode = 'TD001';
    end if;
    return v_shown;
end
$$;
