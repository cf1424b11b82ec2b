-- The version of the normaliser whose forms a write stores: Normalizer.version in Swift, and a test compares. Each build has procedures of its
-- own, so that of two builds which run side by side each notes its own version.
create or replace function normalizer_version() returns integer
language sql immutable parallel safe
as $$ select 1 $$;
