-- Forgets answers after a day; their bodies may hold personal data.
create or replace function idempotency_expire() returns bigint
language sql volatile
as $$
    with gone as (
        delete from idempotency i where i.created_at < now() - interval '24 hours' returning 1
    )
    select count(*) from gone
$$;
