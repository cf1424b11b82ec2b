-- How far the sequences of a tenant are, those that were used. Run by the owner.
create or replace function tenant_sequences() returns table (sequence text, last_value bigint)
language sql stable
as $$
    select s.sequencename::text, s.last_value
    from pg_sequences s
    join pg_namespace n on n.nspname = s.schemaname
    where n.nspowner = current_user::regrole and s.last_value is not null
    order by s.sequencename
$$;
