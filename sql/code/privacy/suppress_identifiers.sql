-- Puts identifiers (normalised) on the suppression list and answers how many are new there. The server learns of it by
-- the version that it reads messages by.
create or replace function suppress_identifiers(p_request uuid, p_type text[], p_value text[]) returns integer
language plpgsql
as $$
declare
    v_count integer;
begin
    with said as (
        insert into suppression as s (hash, type, request, since)
        select distinct on (h.hash) h.hash, u.type, p_request, now()
        from unnest(p_type, p_value) u(type, value)
        cross join lateral suppression_hash(u.type, u.value) h(hash)
        order by h.hash
        on conflict (hash) do update
        set lifted_at = null, since = excluded.since, request = excluded.request, seq = nextval('suppression_seq')
        where s.lifted_at is not null
        returning s.hash
    )
    select count(*) into v_count from said;
    if v_count > 0 then
        update identity_state set reading_version = reading_version + 1;
    end if;
    return v_count;
end
$$;
