-- The last change of the suppression list, by its place; 0: none yet.
create or replace function suppression_place() returns bigint
language sql stable
as $$
    select coalesce(max(s.seq), 0) from suppression s
$$;
