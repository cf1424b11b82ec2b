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
create index accounts_owner on accounts (owner_id);
create index accounts_domain on accounts (domain);
create index accounts_company_key on accounts (company_key);
create index accounts_created on accounts (created_at, id);
