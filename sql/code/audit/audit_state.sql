-- Whether the audit log is as it was written: {intact, entries, heads: [{chain, seq, hash}], breaches: [{chain, seq, breach}]}, the chains
-- that have entries alone. Reads all of it. Who keeps the heads elsewhere can tell later that they have not been written anew.
create or replace function audit_state() returns jsonb
language sql stable
as $$
    with breach as (select v.chain, v.seq, v.breach from verify_audit() v)
    select jsonb_build_object(
        'intact', not exists (select from breach), 'entries', (select count(*) from audit),
        'heads', (
            select coalesce(jsonb_agg(jsonb_build_object('chain', h.chain, 'seq', h.seq, 'hash', encode(h.hash, 'hex')) order by h.chain), '[]')
            from audit_head h where h.seq > 0
        ),
        'breaches', (select coalesce(jsonb_agg(to_jsonb(b) order by b.chain, b.seq), '[]') from (select * from breach limit 1000) b)
    )
$$;
