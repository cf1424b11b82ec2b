-- Claims an Idempotency-Key for a request. state: 'new' (go on, then idempotency_finish), 'done' (answer what is stored),
-- 'other' (the key came with another request), 'open' (the first request has no answer yet).
create or replace function idempotency_begin(
    p_key_id text, p_method text, p_path text, p_key text, p_fingerprint bytea
) returns table (state text, status smallint, headers jsonb, body bytea, age_s integer)
language plpgsql
as $$
begin
    delete from idempotency i
    where i.key_id = p_key_id and i.method = p_method and i.path = p_path and i.key = p_key
      and i.created_at < now() - interval '24 hours';
    insert into idempotency (key_id, method, path, key, fingerprint, created_at)
    values (p_key_id, p_method, p_path, p_key, p_fingerprint, now())
    on conflict do nothing;
    if found then
        return query select 'new'::text, null::smallint, null::jsonb, null::bytea, 0;
        return;
    end if;
    return query
    select
        case when i.fingerprint <> p_fingerprint then 'other' when i.status is null then 'open' else 'done' end,
        i.status, i.headers, i.body, extract(epoch from now() - i.created_at)::integer
    from idempotency i
    where i.key_id = p_key_id and i.method = p_method and i.path = p_path and i.key = p_key;
end
$$;
