-- safety: online
-- module: all
-- schema: internal
-- BI logins with a role, and which columns they may read.

create table bi_grantee (
    login text collate "C" primary key,
    role_id uuid not null references role,
    columns jsonb not null default '{}'
);
create index bi_grantee_role on bi_grantee (role_id);
comment on table bi_grantee is 'BI logins that read what a role reads; the others read all.';
comment on column bi_grantee.columns is 'Relation → columns, as they were granted last.';
