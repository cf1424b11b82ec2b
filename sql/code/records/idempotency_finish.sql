-- Stores the answer of a request that idempotency_begin called new; without a status the key is free again.
create or replace function idempotency_finish(
    p_key_id text, p_method text, p_path text, p_key text, p_status smallint, p_headers jsonb, p_body bytea
) returns void
language sql volatile
as $$
    delete from idempotency i
    where p_status is null and i.key_id = p_key_id and i.method = p_method and i.path = p_path and i.key = p_key;
    update idempotency i
    set status = p_status, headers = p_headers, body = p_body
    where p_status is not null
      and i.key_id = p_key_id and i.method = p_method and i.path = p_path and i.key = p_key
$$;
