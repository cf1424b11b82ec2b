-- Where the audit log is not as it was written, by place: row seq of a chain is changed (its contents or its hash), missing (a row was
-- deleted, or the end cut off: the head remembers how far the chain went; or the head itself is gone) or added, behind the end or before
-- the beginning. Rows that were exchanged are changed. Whoever writes rows anew with their hashes is seen where that ends.
create or replace function verify_audit() returns table (chain smallint, seq bigint, breach text)
language sql stable
as $$
    with row as (
        select a.chain, a.seq, a.previous_hash,
            coalesce(
                a.hash = audit_hash(
                    a.previous_hash, a.chain, a.seq, a.at, a.actor, a.action, a.object, a.object_id, a.detail), false) as fits,
            lag(a.seq, 1, 0::bigint) over place as before, lag(a.hash, 1, '\x00'::bytea) over place as hash_before
        from audit a
        where a.seq > 0
        window place as (partition by a.chain order by a.seq)
    ), last as (
        select distinct on (a.chain) a.chain, a.seq, a.hash from audit a where a.seq > 0 order by a.chain, a.seq desc
    )
    select r.chain, r.seq, 'changed' from row r where not r.fits
    union
    -- Somebody who changed a row and made its hash anew would have to do so for all after it, and for the head.
    select r.chain, greatest(r.before, 1), 'changed'
    from row r
    where r.fits and r.seq = r.before + 1 and r.previous_hash is distinct from r.hash_before
    union
    select r.chain, r.before + 1, 'missing' from row r where r.seq > r.before + 1
    union
    select a.chain, a.seq, 'added' from audit a where a.seq < 1
    union
    -- A chain whose head is gone may have been longer than it is; a tenant has sixteen from the beginning.
    select c.chain, coalesce(l.seq, 0) + 1, 'missing'
    from (select n::smallint from generate_series(0, 15) n union select h.chain from audit_head h) c(chain)
    left join audit_head h on h.chain = c.chain
    left join last l on l.chain = c.chain
    where h.chain is null or h.seq > coalesce(l.seq, 0)
    union
    select l.chain, coalesce(h.seq, 0) + 1, 'added'
    from last l left join audit_head h on h.chain = l.chain
    where l.seq > h.seq or h.chain is null and l.chain not between 0 and 15
    union
    select l.chain, l.seq, 'changed' from last l join audit_head h on h.chain = l.chain where h.seq = l.seq and h.hash is distinct from l.hash
    order by 1, 2, 3
$$;
