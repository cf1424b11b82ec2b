-- What tells whether there is anything to promote: a number that grows with every identify, and whether columns wait to be
-- written once more, now that no writer is left that did not know of them.
create or replace function promotion_look() returns table (mark bigint, is_filling boolean)
language sql stable
as $$
    select case when s.is_called then s.last_value else 0 end, exists (
        select from promoted_trait p where p.filled_at is null and p.promoted_at < now() - interval '10 s'
    )
    from trait_record_seq_seq s
$$;
