-- By what suppression lists are known to have the same key, without telling it: the SHA-256 of it (hex).
create or replace function suppression_lineage() returns text
language sql stable
as $$
    select encode(sha256(k.key), 'hex') from suppression_key k
$$;
