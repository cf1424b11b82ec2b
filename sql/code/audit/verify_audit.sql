-- Where the audit log is not as it was written, by place: row seq of a chain is changed (its contents or its hash), missing (a row was
-- deleted, or the end cut off: the head remembers how far the chain went) or added behind the end. Rows that were exchanged are changed.
create or replace function verify_audit() returns table (chain smallint, seq bigint, breach text)
language sql stable
as $$
    with row as (
        select a.chain, a.seq, a.previous_hash,
            a.hash = audit_hash(
                a.previous_hash, a.chain, a.seq, a.at, a.actor, a.action, a.object, a.object_id, a.detail) as fits,
            lag(a.seq, 1, 0::bigint) over place as before, lag(a.hash, 1, '\x00'::bytea) over place as hash_before
        from audit a
        window place as (partition by a.chain order by a.seq)
    ), last as (
        select distinct on (a.chain) a.chain, a.seq, a.hash from audit a order by a.chain, a.seq desc
    )
    select r.chain, r.seq, 'changed' from row r where not r.fits
    union
    -- Somebody who changed a row and made its hash anew would have to do so for all after it, and for the head.
    select r.chain, r.before, 'changed' from row r where r.fits and r.seq = r.before + 1 and r.previous_hash <> r.hash_before
    union
    select r.chain, r.before + 1, 'missing' from row r where r.seq > r.before + 1
    union
    select h.chain, coalesce(l.seq, 0) + 1, 'missing'
    from audit_head h left join last l on l.chain = h.chain
    where h.seq > coalesce(l.seq, 0)
    union
    select l.chain, coalesce(h.seq, 0) + 1, 'added'
    from last l left join audit_head h on h.chain = l.chain
    where l.seq > coalesce(h.seq, 0)
    union
    select l.chain, l.seq, 'changed' from last l join audit_head h on h.chain = l.chain where h.seq = l.seq and h.hash <> l.hash
    order by 1, 2, 3
$$;
