-- safety: locks-briefly
-- module: crm
-- schema: internal

create table form_submission (
    event_id uuid primary key,
    form text not null,
    node bigint not null,
    at timestamptz not null,
    message_id text not null,
    source smallint not null,
    lead_id uuid,
    owner_id uuid,
    outcome text not null check (outcome in ('created', 'updated', 'unchanged', 'none')),
    reason text,
    page text,
    referrer text,
    campaign jsonb,
    created_at timestamptz not null default now(),
    check ((outcome = 'none') = (lead_id is null) and (outcome = 'none') = (reason is not null))
);
create index form_submission_form on form_submission (form, at desc, event_id desc);
create index form_submission_lead on form_submission (lead_id, at desc, event_id desc) where lead_id is not null;
comment on table form_submission is
    'What became of every form event: the lead that it made or filled, or the reason why there is none. owner_id: whom it gave the lead to.';

create table team_turn (
    team_id uuid primary key,
    user_id uuid not null
);
comment on table team_turn is 'Who of a team got the last lead of a form that goes round.';


insert into lock_bucket values (8256) on conflict do nothing;
comment on table lock_bucket is
    '0 to 8191: writers that create identifiers lock the buckets of their hashes first, in order. 8192 to 8255: so do those that create accounts from events. 8256: those that make leads from forms. 8257: those that put records below others of their kind.';
