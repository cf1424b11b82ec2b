-- safety: online
-- module: all
-- schema: internal

create table operation (
    id uuid primary key,
    kind text not null,
    state text not null default 'running' check (state in ('running', 'done', 'failed')),
    parameters jsonb not null,
    total bigint not null,
    done bigint not null default 0,
    counts jsonb not null default '{}',
    cursor_at timestamptz,
    cursor_id uuid,
    actor text not null,
    error text,
    created_at timestamptz not null,
    finished_at timestamptz,
    lease uuid,
    leased_until timestamptz
);
create index operation_created on operation (created_at, id);
create index operation_running on operation (created_at) where state = 'running';
comment on table operation is 'Long work that was ordered: what, how far, and what came of it. Whoever holds the lease does it; when the lease ends another goes on behind the cursor. counts: outcome -> number, raised in the transaction that decides.';
