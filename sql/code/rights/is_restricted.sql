-- Whether the transaction has the rights of roles only: `tandem.roles` names them. Ingest, operators and keys without a role set
-- none and may do everything.
create or replace function is_restricted() returns boolean
language sql stable
as $$
    select coalesce(current_setting('tandem.roles', true), '') <> ''
$$;
