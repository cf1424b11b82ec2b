-- safety: online
-- module: crm
-- schema: internal

create table contact_node (
    contact_id uuid primary key references contacts,
    node bigint not null references node
);
create index contact_node_node on contact_node (node);
create table lead_node (
    lead_id uuid primary key references leads,
    node bigint not null references node
);
create index lead_node_node on lead_node (node);
create table lead_conversion (
    id uuid primary key,
    lead_id uuid not null,
    at timestamptz not null,
    actor text not null,
    status_before text not null,
    done jsonb not null,
    links jsonb not null,
    files jsonb not null default '[]',
    undone_at timestamptz,
    undone_by text
);
create unique index lead_conversion_lead on lead_conversion (lead_id) where undone_at is null;
comment on table lead_conversion is 'What each conversion of a lead did, so that it can be taken back: see convert_lead.';
comment on table contact_node is 'The one node a contact is linked to, chosen once; contacts.profile_id is its live profile.';

create table duplicate_suggestion (
    id uuid primary key,
    object text not null check (object in ('contact', 'lead', 'account')),
    a uuid not null,
    b uuid not null,
    other_object text not null,
    reasons text[] not null check (cardinality(reasons) > 0),
    state text not null default 'open' check (state in ('open', 'merged', 'dismissed')),
    merge uuid,
    created_at timestamptz not null,
    decided_at timestamptz,
    decided_by text,
    unique (a, b),
    check (a < b or object <> other_object)
);
create index duplicate_suggestion_b on duplicate_suggestion (b);
create index duplicate_suggestion_open on duplicate_suggestion (state, id);
comment on table duplicate_suggestion is 'Pairs of records that may be one: a is of the object, b of other_object (a lead and the contact that it may be).';
comment on column duplicate_suggestion.merge is 'The merge that made them one.';
