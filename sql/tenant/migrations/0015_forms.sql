-- safety: locks-briefly
-- module: crm
-- schema: bi
-- The forms whose submissions came in, and what becomes of them.

create table forms (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    name text not null unique check (name <> ''),
    makes_leads boolean not null default true,
    lead_source text,
    campaign text,
    team_id uuid references teams,
    account_owner boolean not null default false,
    submission_count integer not null default 0,
    lead_count integer not null default 0,
    last_submitted_at timestamptz,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1
);
create index forms_owner on forms (owner_id);
create index forms_team on forms (team_id);
create index forms_created on forms (created_at, id);
create index leads_phone on leads (phone_e164) where phone_e164 is not null;

insert into object_description (object, relation, shared) values ('form', 'forms', true) on conflict (object) do nothing;

comment on table forms is 'Forms of web sites and apps: one row per form that was submitted or set up.';
comment on column forms.id is 'The record''s id, for ever.';
comment on column forms.external_id is 'The id in the system it came from; unique per object.';
comment on column forms.owner_id is 'The user it belongs to, who gets its leads where nobody else does.';
comment on column forms.name is 'The name that its submissions carry; unique.';
comment on column forms.makes_leads is 'True: a submission makes a lead, or fills one.';
comment on column forms.lead_source is 'The source that its leads get; null: the event source and the form''s name.';
comment on column forms.campaign is 'The campaign that its leads get where the page names none.';
comment on column forms.team_id is 'The team whose active users get its leads in turn, where the form has no owner.';
comment on column forms.account_owner is 'True: the owner of an account that is known by domain or name gets the lead first.';
comment on column forms.submission_count is 'How often it was submitted.';
comment on column forms.lead_count is 'How many leads its submissions made.';
comment on column forms.last_submitted_at is 'The time of the latest submission.';
comment on column forms.tags is 'Free labels.';
comment on column forms.created_at is 'When it was made here, or the time that its import names.';
comment on column forms.updated_at is 'When it changed last; its counts do not change it.';
comment on column forms.created_by is 'Who made it: a key, a person, an import, a source.';
comment on column forms.version is 'Counts the changes; what If-Match names.';
