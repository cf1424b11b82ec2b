-- safety: online
-- module: all
-- schema: bi

create table profiles (
    profile_id uuid primary key,
    user_id text,
    email text,
    phone text,
    first_seen_at timestamptz,
    last_seen_at timestamptz
) with (fillfactor = 75);
create index profiles_user_id on profiles (user_id);
create index profiles_email on profiles (email);
comment on table profiles is 'One row per live profile. Promoted traits follow as columns of their own.';
comment on column profiles.profile_id is 'The profile; a merge takes the loser''s row away, an undo brings it back.';
comment on column profiles.user_id is 'The first user id attached to the profile.';
comment on column profiles.email is 'The trait email, else the first e-mail identifier.';
comment on column profiles.phone is 'The trait phone as sent, else the first phone identifier.';
comment on column profiles.first_seen_at is 'Timestamp of the earliest event.';
comment on column profiles.last_seen_at is 'Timestamp of the latest event, at most a minute behind.';
