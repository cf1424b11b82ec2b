-- safety: online
-- module: all
-- schema: bi

create table teams (
    id uuid primary key,
    external_id text unique,
    owner_id uuid,
    name text not null check (name <> ''),
    parent_id uuid references teams,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1,
    check (parent_id <> id)
);
create table users (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    name text not null check (name <> ''),
    email text unique,
    team_id uuid references teams,
    manager_id uuid references users,
    role_ids uuid[] not null default '{}',
    time_zone text,
    active boolean not null default true,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1
);
create index users_team on users (team_id);
create index users_manager on users (manager_id);
alter table teams add constraint teams_owner_id_fkey foreign key (owner_id) references users;

create table accounts (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    name text not null check (name <> ''),
    domain text collate "C",
    company_key text collate "C",
    website text,
    industry text,
    employee_count integer check (employee_count >= 0),
    annual_revenue numeric(19, 4),
    currency text check (currency ~ '^[A-Z]{3}$'),
    parent_id uuid references accounts,
    phone text,
    phone_e164 text collate "C" check (phone_e164 ~ '^\+[0-9]{4,15}$'),
    address_street text,
    address_city text,
    address_region text,
    address_postal_code text,
    address_country text,
    description text,
    lifecycle text check (lifecycle in ('prospect', 'customer', 'former', 'partner')),
    group_id text collate "C" unique,
    tags text[] not null default '{}',
    normalizer_version smallint not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1,
    check (parent_id <> id)
);
create index accounts_parent on accounts (parent_id);
create index accounts_owner on accounts (owner_id, id);
create index accounts_domain on accounts (domain);
create index accounts_company_key on accounts (company_key);
create index accounts_phone on accounts (phone_e164) where phone_e164 is not null;
create index accounts_created on accounts (created_at, id);
create index accounts_name on accounts (name, id);
-- A short list of what waits: whoever meets its end sorts it in, and every search reads it through.
create index accounts_words on accounts using gin (name tandem_text.gin_trgm_ops, domain tandem_text.gin_trgm_ops)
    with (gin_pending_list_limit = 512);

comment on table teams is 'Teams of users.';
comment on column teams.id is 'The record''s id, for ever.';
comment on column teams.external_id is 'The id in the system it came from; unique per object.';
comment on column teams.owner_id is 'The user it belongs to.';
comment on column teams.name is 'The team''s name.';
comment on column teams.parent_id is 'The team above it.';
comment on column teams.tags is 'Free labels.';
comment on column teams.created_at is 'When it was made here, or the time that its import names.';
comment on column teams.updated_at is 'When it changed last.';
comment on column teams.created_by is 'Who made it: a key, a person, an import, a source.';
comment on column teams.version is 'Counts the changes; what If-Match names.';

comment on table users is 'People who work with the CRM.';
comment on column users.id is 'The record''s id, for ever.';
comment on column users.external_id is 'The id in the system it came from; unique per object.';
comment on column users.owner_id is 'The user it belongs to.';
comment on column users.name is 'The user''s name.';
comment on column users.email is 'Where the user is reached; unique.';
comment on column users.team_id is 'The user''s team.';
comment on column users.manager_id is 'The user above.';
comment on column users.role_ids is 'The roles of the user; what any of them allows is allowed.';
comment on column users.time_zone is 'IANA name.';
comment on column users.active is 'False: keeps what it owns and takes nothing new.';
comment on column users.tags is 'Free labels.';
comment on column users.created_at is 'When it was made here, or the time that its import names.';
comment on column users.updated_at is 'When it changed last.';
comment on column users.created_by is 'Who made it: a key, a person, an import, a source.';
comment on column users.version is 'Counts the changes; what If-Match names.';

comment on table accounts is 'Companies: one row per live account; a deleted one stands in the bin.';
comment on column accounts.id is 'The record''s id, for ever.';
comment on column accounts.external_id is 'The id in the system it came from; unique per object.';
comment on column accounts.owner_id is 'The user it belongs to.';
comment on column accounts.name is 'The company''s name.';
comment on column accounts.domain is 'The host of the website or of its people''s addresses, for matching.';
comment on column accounts.company_key is 'The company''s name without case, accents and legal form, for matching.';
comment on column accounts.website is 'As entered.';
comment on column accounts.industry is 'Free text.';
comment on column accounts.employee_count is 'Number of employees.';
comment on column accounts.annual_revenue is 'Per year, in currency.';
comment on column accounts.currency is 'ISO 4217 code of its amounts.';
comment on column accounts.parent_id is 'The account above it.';
comment on column accounts.phone is 'As entered.';
comment on column accounts.phone_e164 is 'The phone in E.164, for matching.';
comment on column accounts.address_street is 'Street and number.';
comment on column accounts.address_city is 'City.';
comment on column accounts.address_region is 'State or region.';
comment on column accounts.address_postal_code is 'Postal code.';
comment on column accounts.address_country is 'Country.';
comment on column accounts.description is 'Free text.';
comment on column accounts.lifecycle is 'prospect, customer, former or partner.';
comment on column accounts.group_id is 'The group of the CDP that it stands for.';
comment on column accounts.tags is 'Free labels.';
comment on column accounts.normalizer_version is 'Which normaliser filled the normalised columns.';
comment on column accounts.created_at is 'When it was made here, or the time that its import names.';
comment on column accounts.updated_at is 'When it changed last.';
comment on column accounts.created_by is 'Who made it: a key, a person, an import, a source.';
comment on column accounts.version is 'Counts the changes; what If-Match names.';
