-- Whether the audit log is as it was written: {intact, entries, heads: [{chain, seq, hash}], breaches: [{chain, seq, breach}]}, the chains
-- that have entries alone. Reads all of it. Who keeps the heads elsewhere can tell later that they have not been written anew: p_heads are
-- such (see verify_heads), [] none.
create or replace function audit_state(p_heads jsonb) returns jsonb
language sql stable
as $$
    with breach as (
        select v.chain, v.seq, v.breach from verify_audit() v
        union
        select k.chain, k.seq, k.breach from verify_heads(p_heads) k
    )
    select jsonb_build_object(
        'intact', not exists (select from breach), 'entries', (select count(*) from audit),
        'heads', (
            select coalesce(jsonb_agg(jsonb_build_object('chain', h.chain, 'seq', h.seq, 'hash', encode(h.hash, 'hex')) order by h.chain), '[]')
            from audit_head h where h.seq > 0
        ),
        'breaches', (
            select coalesce(jsonb_agg(to_jsonb(b) order by b.chain, b.seq, b.breach), '[]')
            from (select * from breach order by 1, 2, 3 limit 1000) b
        )
    )
$$;
