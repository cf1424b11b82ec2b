-- The first row of the audit log that does not fit the one before it, or whose contents do not fit its hash; null: none.
-- A missing end shows in the head: its seq is returned when it is not that of the last row.
create or replace function verify_audit() returns bigint
language plpgsql stable
as $$
declare
    v_bad bigint;
begin
    select min(a.seq) into v_bad
    from (
        select seq, at, actor, action, object, object_id, detail, previous_hash, hash,
            lag(hash, 1, '\x00'::bytea) over (order by seq) as expected,
            row_number() over (order by seq) as position
        from audit) a
    where a.seq <> a.position or a.previous_hash <> a.expected
        or a.hash <> audit_hash(
            a.previous_hash, a.seq, a.at, a.actor, a.action, a.object, a.object_id, a.detail);
    if v_bad is null then
        select h.seq into v_bad
        from audit_head h
        left join (select l.seq, l.hash from audit l order by l.seq desc limit 1) a on true
        where h.seq > 0 and (a.seq, a.hash) is distinct from (h.seq, h.hash);
    end if;
    return v_bad;
end
$$;
