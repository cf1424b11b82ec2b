-- safety: online
-- module: cdp
-- schema: internal

create sequence event_seq cache 32;

create table event_log (
    node bigint not null,
    ts timestamptz not null,
    seq bigint not null default nextval('event_seq'),
    received_at timestamptz not null,
    event_id uuid not null,
    message_id text not null,
    type text not null check (type in ('track', 'page', 'screen', 'identify', 'group', 'alias')),
    name text,
    account_id uuid,
    source smallint not null,
    session text,
    flags integer not null default 0,
    payload jsonb not null,
    primary key (node, ts, seq)
) partition by range (ts);
create table event_log_default partition of event_log default;
comment on table event_log is 'Events as received, under the node that was home, for ever; node 0: unassigned. Partitions are monthly, made ahead; the default takes stray dates.';

create table dedupe_0 (event_id uuid primary key) with (fillfactor = 90);
create table dedupe_1 (event_id uuid primary key) with (fillfactor = 90);
create table dedupe_2 (event_id uuid primary key) with (fillfactor = 90);
create table dedupe_import (event_id uuid primary key);
create table dedupe_state (
    singleton boolean primary key default true check (singleton),
    generation smallint not null default 0 check (generation in (0, 1, 2)),
    rotated_at timestamptz not null,
    rotations integer not null default 0,
    window_days integer not null default 7 check (window_days between 7 and 366)
);
insert into dedupe_state (rotated_at) values (now()) on conflict do nothing;
comment on table dedupe_state is 'Which generation takes new messages. A message is known while its generation or the one before stands; imports are known for ever.';

create table quarantine_request (
    id uuid primary key,
    received_at timestamptz not null,
    sent_at timestamptz,
    client_address text,
    from_browser boolean not null,
    single_type text,
    envelope bytea
);
create index quarantine_request_received on quarantine_request (received_at);
comment on table quarantine_request is 'What the events of one request share, so that they can be read again as at their receipt. envelope: context, integrations and sentAt of a batch as sent; single_type: the type that the path named.';

create table quarantine (
    id uuid primary key,
    request uuid not null,
    received_at timestamptz not null,
    source smallint,
    key_id text,
    message_id text,
    type text,
    name text,
    code text not null,
    message text not null,
    state text not null default 'held' check (state in ('held', 'rejected', 'reprocessed', 'discarded')),
    path text not null,
    original bytea not null,
    complete boolean not null,
    text_replaced boolean not null,
    attempts integer not null default 0,
    operation uuid,
    decided_at timestamptz
);
create index quarantine_received on quarantine (received_at, id);
create index quarantine_state on quarantine (state, received_at, id);
create index quarantine_code on quarantine (code, received_at, id);
comment on table quarantine is 'Every event that was not stored: held (may be re-processed as it is) or rejected (its sender was told), with the reason and the original bytes. complete: false if only the beginning was kept; attempts: how often it was re-processed in vain; operation: the last one that treated it.';

create table tally (
    hour timestamptz not null,
    source smallint not null,
    key_id text not null,
    accepted integer not null default 0,
    duplicates integer not null default 0,
    quarantined integer not null default 0,
    rejected integer not null default 0,
    recovered integer not null default 0
);
comment on table tally is 'What became of events, written in the transaction that decided it and only ever added to; roll_tallies moves it into source_hour.';

create table source_hour (
    hour timestamptz not null,
    source smallint not null,
    key_id text not null,
    accepted bigint not null,
    duplicates bigint not null,
    quarantined bigint not null,
    rejected bigint not null,
    recovered bigint not null,
    primary key (hour, source, key_id)
);
comment on table source_hour is 'Sums of tally by the hour of receipt, source and key. Received are accepted, duplicates, quarantined and rejected together; recovered: of the quarantined and rejected ones, those that were stored later. What lies in tally is not in here yet.';
