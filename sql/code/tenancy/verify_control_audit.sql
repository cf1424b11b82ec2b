-- Where the control plane's audit log is not as it was written, by place, as verify_audit says it of a tenant's.
create or replace function verify_control_audit() returns table (seq bigint, breach text)
language sql stable
as $$
    with row as (
        select a.seq, a.previous_hash,
            coalesce(
                a.hash = control_audit_hash(a.previous_hash, a.seq, a.at, a.actor, a.action, a.tenant, a.object_id, a.detail), false) as fits,
            lag(a.seq, 1, 0::bigint) over place as before, lag(a.hash, 1, '\x00'::bytea) over place as hash_before
        from tandem.audit a
        where a.seq > 0
        window place as (order by a.seq)
    ), last as (
        select coalesce(max(a.seq), 0) as seq from tandem.audit a
    )
    select r.seq, 'changed' from row r where not r.fits
    union
    select greatest(r.before, 1), 'changed'
    from row r
    where r.fits and r.seq = r.before + 1 and r.previous_hash is distinct from r.hash_before
    union
    select r.before + 1, 'missing' from row r where r.seq > r.before + 1
    union
    select a.seq, 'added' from tandem.audit a where a.seq < 1
    union
    select greatest(l.seq, 0) + 1, 'missing' from last l left join tandem.audit_head h on true where h.seq is null or h.seq > l.seq
    union
    select h.seq + 1, 'added' from last l, tandem.audit_head h where l.seq > h.seq
    union
    select a.seq, 'changed' from tandem.audit a join tandem.audit_head h on h.seq = a.seq where h.hash is distinct from a.hash
    order by 1, 2
$$;
