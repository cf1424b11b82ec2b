-- Brings a suppression list that is older (a restored one) to what another one of the same key says: of each identifier the later word
-- counts. p_entries: [{hash, type, request, kind, since, lifted_at}]. Answers how many changed. Raises TD013 where the key is another.
create or replace function suppression_merge(p_lineage text, p_entries jsonb) returns integer
language plpgsql
as $$
declare
    v_count integer;
begin
    if p_lineage <> suppression_lineage() then
        raise exception 'the suppression list is of another tenant: its hashes were made with another key' using errcode = 'TD013';
    end if;
    insert into privacy_request (id, kind, state, type, hash, reason, actor, created_at, finished_at)
    select distinct on (e.request)
        e.request, e.kind, 'done', e.type, decode(e.hash, 'hex'), 'known from a list beside the backups', 'restore', e.since, e.since
    from jsonb_to_recordset(p_entries) e(hash text, type text, request uuid, kind text, since timestamptz)
    where e.kind in ('erase', 'suppress')
    order by e.request, e.hash
    on conflict (id) do nothing;
    with changed as (
        insert into suppression as o (hash, type, request, since, lifted_at)
        select distinct on (e.hash) decode(e.hash, 'hex'), e.type, e.request, e.since, e.lifted_at
        from jsonb_to_recordset(p_entries) e(hash text, type text, request uuid, since timestamptz, lifted_at timestamptz)
        order by e.hash, greatest(e.since, e.lifted_at) desc
        on conflict (hash) do update
        set since = excluded.since, lifted_at = excluded.lifted_at, request = excluded.request, seq = nextval('suppression_seq')
        where greatest(excluded.since, excluded.lifted_at) > greatest(o.since, o.lifted_at)
        returning o.hash
    )
    select count(*) into v_count from changed;
    if v_count > 0 then
        update identity_state set reading_version = reading_version + 1;
    end if;
    return v_count;
end
$$;
