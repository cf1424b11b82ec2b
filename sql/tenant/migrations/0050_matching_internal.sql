-- safety: locks-briefly
-- module: crm
-- schema: internal
-- Records that may be one though no key says so: how likely, and why.

alter table duplicate_suggestion add column score real check (score between 0 and 1);
alter table duplicate_suggestion add column explanation jsonb;
comment on column duplicate_suggestion.score is 'How likely they are one; null: only the reasons tell.';
comment on column duplicate_suggestion.explanation is
    'What each comparison of match_model gave in bits, and with the prior in sum; words and numbers, never values.';

create table match_model (
    object text primary key,
    estimated boolean not null,
    records bigint not null,
    pairs bigint not null,
    matches double precision not null,
    prior double precision not null check (prior > 0 and prior < 1),
    comparisons jsonb not null,
    estimated_at timestamptz not null
);
comment on table match_model is 'What agreement of two records of an object is worth: see estimate_matches.';
comment on column match_model.estimated is 'From the tenant''s own records; false: there are too few, and fixed weights hold.';
comment on column match_model.matches is 'How many pairs are one, as far as the best rule finds them.';
comment on column match_model.prior is 'How likely two records drawn by chance are one.';
comment on column match_model.comparisons is 'Of each comparison, by level: m and u, and the weight that comes of them.';

create table duplicate_search (
    singleton boolean primary key default true check (singleton),
    id uuid not null,
    begun_at timestamptz not null,
    finished_at timestamptz,
    remaining jsonb not null,
    found bigint not null default 0,
    compared bigint not null default 0,
    skipped jsonb not null default '{}'
);
comment on table duplicate_search is 'The search for duplicates that is under way, or was the last: a step is a transaction, so that it goes on where it was stopped.';
