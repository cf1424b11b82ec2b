-- safety: online
-- module: all
-- schema: internal
-- What every object shares: where a value came from, what it was before, the bin, and what leaves the house.

create table object_description (
    object text primary key check (object ~ '^[a-z][a-z0-9_]{0,62}$'),
    relation text not null unique,
    ranked boolean not null default false,
    kept_while_used boolean not null default false,
    companions jsonb not null default '{}',
    soft_unique text[] not null default '{}',
    children jsonb not null default '{}',
    owned text[] not null default '{}',
    shared boolean not null default false,
    follows boolean not null default false
);
insert into object_description (object, relation, ranked, kept_while_used, companions, soft_unique, children, owned) values
    ('team', 'teams', false, true, '{}', '{}', '{}', '{}'),
    ('user', 'users', false, true, '{}', '{}', '{}', '{}'),
    ('account', 'accounts', true, false, '{"company_key": "name", "phone_e164": "phone"}', '{}', '{}', '{}'),
    ('contact', 'contacts', true, false, '{"email_norm": "email", "phone_e164": "phone"}', '{email_norm}',
        '{"channels": {"relation": "contact_channels", "parent": "contact_id"},
          "accounts": {"relation": "account_contacts", "parent": "contact_id"}}', '{}'),
    ('lead', 'leads', true, false,
        '{"email_norm": "email", "phone_e164": "phone", "company_key": "company"}', '{}', '{}', '{}'),
    ('pipeline', 'pipelines', false, true, '{}', '{}', '{}', '{stages}'),
    ('stage', 'stages', false, true, '{}', '{}', '{}', '{}'),
    ('product', 'products', false, true, '{}', '{}', '{}', '{}'),
    ('opportunity', 'opportunities', false, false, '{}', '{}',
        '{"contacts": {"relation": "opportunity_contacts", "parent": "opportunity_id"},
          "products": {"relation": "opportunity_products", "parent": "opportunity_id", "ordinal": "line"}}', '{}'),
    ('activity', 'activities', false, false, '{}', '{}',
        '{"links": {"relation": "activity_links", "parent": "activity_id"}}', '{}')
on conflict (object) do nothing;
update object_description set shared = true where object in ('team', 'user', 'pipeline', 'stage', 'product');
comment on table object_description is
    'What the write path must know of an object beside its table: fields and keys come from the catalog.';
comment on column object_description.ranked is 'Each field shows its best source; the others stay as suggestions.';
comment on column object_description.kept_while_used is 'A record that others refer to cannot be deleted.';
comment on column object_description.companions is 'Derived column → the field it is made from: they are written together.';
comment on column object_description.soft_unique is 'Columns whose values a new record may share only if its writer says so.';
comment on column object_description.owned is 'Relations whose rows go to the bin with the record that they belong to.';
comment on column object_description.shared is 'Its records are everybody''s: read at any level but none, changed at level all.';
comment on column object_description.follows is
    'It belongs to the record that its columns object and object_id name, and is read by whoever reads that one.';
comment on column object_description.children is 'Name of an array in the record → its relation, the column of the parent, the column of its order.';

create table normal_form (
    kind text not null check (kind in ('email', 'phone')),
    raw text not null,
    norm text not null,
    primary key (kind, raw)
);
comment on table normal_form is 'Normal forms that SQL cannot derive by itself (national phone numbers, international domains).';

create table field_source (
    object text not null,
    record_id uuid not null,
    field text not null,
    source smallint not null,
    rank smallint not null check (rank in (10, 20, 30, 40)),
    at timestamptz not null,
    message_id text not null default '',
    actor text,
    value jsonb,
    primary key (record_id, field, source)
);
comment on table field_source is 'Per field the newest value of each source; the record shows the best by (rank, time, message id). source 0 is people.';

create table record_history (
    object text not null,
    record_id uuid not null,
    seq bigint generated always as identity,
    version integer not null,
    at timestamptz not null,
    actor text not null,
    cause text not null,
    source smallint not null,
    action text not null check (action in ('create', 'update', 'delete', 'restore', 'merge', 'undo')),
    changes jsonb not null,
    xid xid8 not null default pg_current_xact_id(),
    primary key (record_id, seq)
);
create index record_history_commit on record_history (xid, seq);
comment on table record_history is 'Every change of every record; changes: field → [old, new].';
comment on column record_history.xid is 'The transaction that wrote it: what is older than every open one is complete (record_changes). seq is taken before commit.';

create table bin (
    object text not null,
    record_id uuid primary key,
    data jsonb not null,
    children jsonb not null default '{}',
    deleted_at timestamptz not null,
    actor text not null
);
create index bin_object on bin (object, deleted_at desc);
comment on table bin is 'Deleted records whole: their row, their n:m rows and the references they nulled.';

create table record_redirect (
    object text not null,
    old_id uuid primary key,
    new_id uuid not null,
    merge uuid not null,
    at timestamptz not null
);
create index record_redirect_new on record_redirect (new_id);
comment on table record_redirect is 'Records that were merged away, and where they live on now; never a chain.';

create table record_alias (
    value text collate "C" not null,
    field text not null,
    object text not null,
    record_id uuid not null,
    merge uuid not null,
    primary key (value, field, object, record_id)
);
create index record_alias_record on record_alias (record_id);
comment on table record_alias is 'By what merged records were looked up. record_id is their own id: record_redirect says where they live on.';

create table record_merge (
    id uuid primary key,
    object text not null,
    winner uuid not null,
    losers uuid[] not null check (cardinality(losers) > 0),
    state text not null default 'applied' check (state in ('applied', 'undone')),
    at timestamptz not null,
    actor text not null,
    fields jsonb not null,
    rows jsonb not null,
    claims jsonb not null,
    moved jsonb not null,
    redirects uuid[] not null,
    plan jsonb not null,
    profile_merge uuid,
    undone_at timestamptz,
    undone_by text,
    undo jsonb,
    check ((state = 'undone') = (undone_at is not null))
);
create index record_merge_winner on record_merge (winner, id);
create index record_merge_losers on record_merge using gin (losers);
create index record_merge_profile on record_merge (profile_merge) where profile_merge is not null;
comment on table record_merge is 'What each merge of records did, so that it can be taken back: see merge_records.';
comment on column record_merge.fields is 'Field of the winner → {old, new, from}.';
comment on column record_merge.rows is 'The losers as they were.';
comment on column record_merge.claims is 'field_source of the winner: {before, after}, rows that the merge changed.';
comment on column record_merge.moved is 'Relation → [{column, references|rows: {loser: [keys]}, rewritten: [{before, after}]}].';
comment on column record_merge.redirects is 'Records merged into the losers earlier, whose redirect led to them.';
comment on column record_merge.plan is 'What the caller was told.';
comment on column record_merge.profile_merge is 'The merge of profiles that belongs to it.';

create table outbox (
    seq bigint generated always as identity primary key,
    topic text not null,
    key text not null,
    payload jsonb not null,
    at timestamptz not null
);
comment on table outbox is 'What changed, in commit''s transaction; read by seq, partly behind open transactions.';

create table idempotency (
    key_id text not null,
    method text not null,
    path text not null,
    key text not null check (octet_length(key) between 1 and 255),
    fingerprint bytea not null,
    status smallint,
    headers jsonb,
    body bytea,
    created_at timestamptz not null,
    primary key (key_id, method, path, key)
);
create index idempotency_created on idempotency (created_at);

create table audit (
    chain smallint not null,
    seq bigint not null,
    at timestamptz not null,
    actor text not null,
    action text not null,
    object text not null,
    object_id text not null,
    detail jsonb not null default '{}',
    previous_hash bytea not null,
    hash bytea not null,
    primary key (chain, seq)
);
create index audit_at on audit (at, chain, seq);
create table audit_head (
    chain smallint primary key,
    seq bigint not null,
    hash bytea not null
) with (fillfactor = 10);
insert into audit_head (chain, seq, hash) select c, 0, '\x00' from generate_series(0, 15) c on conflict do nothing;
comment on table audit is 'Who did what; each row''s hash covers the one before it in its chain.';
comment on table audit_head is 'How far each chain is. Several, because a chain is locked until its writer has committed.';

create table operation (
    id uuid primary key,
    type text not null,
    state text not null check (state in ('pending', 'running', 'done', 'failed', 'cancelled')),
    done bigint not null default 0,
    total bigint,
    counts jsonb not null default '{}',
    input jsonb not null default '{}',
    result jsonb,
    error jsonb,
    actor text not null,
    created_at timestamptz not null,
    started_at timestamptz,
    finished_at timestamptz,
    cursor_at timestamptz,
    cursor_id uuid,
    lease uuid,
    leased_until timestamptz
);
create index operation_created on operation (created_at, id);
create index operation_running on operation (created_at) where state = 'running';
comment on table operation is 'Long work that was ordered: what, how far, and what came of it. Whoever holds the lease does it; when the lease ends another goes on behind the cursor. counts: outcome -> number, raised in the transaction that decides.';

create table operation_record (
    operation_id uuid not null references operation,
    record_id uuid not null,
    outcome text check (outcome in ('updated', 'deleted', 'restored', 'unchanged', 'skipped', 'error', 'kept')),
    detail jsonb,
    primary key (operation_id, record_id)
);
comment on table operation_record is 'The records that an operation was ordered for, and what became of each; null: not yet.';
