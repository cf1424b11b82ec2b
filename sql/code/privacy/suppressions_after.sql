-- What changed on the suppression list behind a place of it, in order: {hash, lifted}. 0: all.
create or replace function suppressions_after(p_seq bigint) returns table (seq bigint, hash bytea, lifted boolean)
language sql stable
as $$
    select s.seq, s.hash, s.lifted_at is not null
    from suppression s
    where s.seq > p_seq and (p_seq > 0 or s.lifted_at is null)
    order by s.seq
$$;
