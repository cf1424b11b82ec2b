-- Whether the caller's right to read an object takes in what nobody owns below level all: so does `team` (that somebody of the team may take
-- it), for a user.
create or replace function reads_unowned(p_object text) returns boolean
language sql stable
as $$
    select level_of(p_object, 'read') = 'team' and coalesce(current_setting('tandem.user', true), '') <> ''
$$;
