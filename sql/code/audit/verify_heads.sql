-- Where the audit log does not go on from heads that were kept elsewhere (p_heads: [{chain, seq, hash}], as audit_state said them once):
-- row seq is changed, or the chain does not reach it any more and is missing from there on. So who wrote a chain anew, head included, is seen.
create or replace function verify_heads(p_heads jsonb) returns table (chain smallint, seq bigint, breach text)
language sql stable
as $$
    select h.chain, h.seq, 'changed'
    from jsonb_to_recordset(p_heads) h(chain smallint, seq bigint, hash text)
    join audit a on a.chain = h.chain and a.seq = h.seq
    where encode(a.hash, 'hex') is distinct from lower(h.hash)
    union
    select h.chain, (select coalesce(max(b.seq), 0) + 1 from audit b where b.chain = h.chain and b.seq < h.seq), 'missing'
    from jsonb_to_recordset(p_heads) h(chain smallint, seq bigint)
    where h.seq > 0 and not exists (select from audit a where a.chain = h.chain and a.seq = h.seq)
$$;
