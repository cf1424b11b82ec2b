-- Notes that a key was used; at most one write a minute and key.
create or replace function touch_key(p_keyids text[]) returns void
language sql
as $$
    update tandem.api_key as k set last_used_at = now()
    where k.keyid = any (p_keyids) and (k.last_used_at is null or k.last_used_at < now() - interval '1 minute')
$$;
