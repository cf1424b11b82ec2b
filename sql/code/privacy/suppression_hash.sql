-- An identifier (normalised) as the suppression list keeps it: SHA-256 with the tenant's key, inside and outside. The server makes
-- the same of what it reads (SuppressionList).
create or replace function suppression_hash(p_type text, p_value text) returns bytea
language sql stable
as $$
    select sha256(k.key || sha256(k.key || convert_to(octet_length(p_type) || ':' || p_type || p_value, 'UTF8')))
    from suppression_key k
$$;
