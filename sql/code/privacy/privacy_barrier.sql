-- Waits until no transaction is under way that began to store events or records before the suppression list changed: each of them
-- has read one of these relations first, and holds them until its end. By itself, in a transaction of its own.
create or replace function privacy_barrier() returns void
language plpgsql
as $$
begin
    lock table identity_state, suppression in access exclusive mode;
end
$$;
