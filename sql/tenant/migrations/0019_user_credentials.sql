-- safety: online
-- module: all
-- schema: internal
-- How users sign in. Not columns of users, which BI sees.

create table user_credential (
    user_id uuid primary key,
    password_hash text not null check (password_hash like '$argon2id$%'),
    changed_at timestamptz not null,
    failures integer not null default 0 check (failures >= 0),
    blocked_until timestamptz
);
comment on table user_credential is
    'Passwords of users, as Argon2id. Without a foreign key: a user in the bin keeps the row, and cannot sign in.';
comment on column user_credential.failures is 'Tries since the last right password.';
comment on column user_credential.blocked_until is 'No try counts before this time.';
