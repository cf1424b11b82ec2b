-- Whether the control plane's audit log is as it was written, and where it is not, as audit_state says it of a tenant's: its one chain is
-- number 0. Reads all of it. p_heads: such as this answered once and were kept elsewhere, [] none.
create or replace function control_audit_state(p_heads jsonb) returns jsonb
language sql stable
as $$
    with kept as (
        select h.chain, h.seq, lower(h.hash) as hash from jsonb_to_recordset(p_heads) h(chain smallint, seq bigint, hash text)
    ), breach as (
        select 0::smallint as chain, v.seq, v.breach from verify_control_audit() v
        union
        select k.chain, k.seq, 'changed'
        from kept k
        join tandem.audit a on a.seq = k.seq
        where k.chain = 0 and encode(a.hash, 'hex') is distinct from k.hash
        union
        select k.chain, (select coalesce(max(b.seq), 0) + 1 from tandem.audit b where k.chain = 0 and b.seq < k.seq), 'missing'
        from kept k
        where k.seq > 0 and not exists (select from tandem.audit a where k.chain = 0 and a.seq = k.seq)
    )
    select jsonb_build_object(
        'intact', not exists (select from breach), 'entries', (select count(*) from tandem.audit),
        'heads', (
            select coalesce(jsonb_agg(jsonb_build_object('chain', 0, 'seq', h.seq, 'hash', encode(h.hash, 'hex'))), '[]')
            from tandem.audit_head h where h.seq > 0
        ),
        'breaches', (
            select coalesce(jsonb_agg(to_jsonb(b) order by b.chain, b.seq, b.breach), '[]')
            from (select * from breach order by 1, 2, 3 limit 1000) b
        )
    )
$$;
