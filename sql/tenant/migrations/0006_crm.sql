-- safety: online
-- module: crm
-- schema: bi

create table contacts (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    first_name text,
    last_name text,
    name text generated always as (nullif(btrim(coalesce(first_name, '') || ' ' || coalesce(last_name, '')), '')) stored,
    title text,
    email text,
    email_norm text collate "C" check (email_norm = lower(email_norm)),
    phone text,
    phone_e164 text collate "C" check (phone_e164 ~ '^\+[0-9]{4,15}$'),
    profile_id uuid references profiles,
    do_not_contact boolean not null default false,
    language text,
    time_zone text,
    address_street text,
    address_city text,
    address_region text,
    address_postal_code text,
    address_country text,
    tags text[] not null default '{}',
    normalizer_version smallint not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1
);
create index contacts_email on contacts (email_norm);
create index contacts_phone on contacts (phone_e164);
create index contacts_profile on contacts (profile_id);
create index contacts_owner on contacts (owner_id, id);
create index contacts_created on contacts (created_at, id);
create index contacts_name on contacts (name, id);
create index contacts_words on contacts using gin (name tandem_text.gin_trgm_ops, email tandem_text.gin_trgm_ops)
    with (gin_pending_list_limit = 512);

create table contact_channels (
    contact_id uuid not null references contacts,
    kind text not null check (kind in ('email', 'phone', 'mobile', 'url')),
    value text not null check (value <> ''),
    phone_e164 text collate "C" check (phone_e164 ~ '^\+[0-9]{4,15}$'),
    label text,
    "primary" boolean not null default false,
    opted_out boolean not null default false,
    invalid boolean not null default false,
    primary key (contact_id, kind, value)
);
create index contact_channels_phone on contact_channels (phone_e164) where phone_e164 is not null;
create unique index contact_channels_primary on contact_channels (contact_id, kind) where "primary";

create table account_contacts (
    account_id uuid not null references accounts,
    contact_id uuid not null references contacts,
    role text not null default '',
    "from" date,
    "to" date,
    "primary" boolean not null default false,
    primary key (contact_id, account_id, role),
    check ("to" >= "from")
);
create index account_contacts_account on account_contacts (account_id);
create unique index account_contacts_primary on account_contacts (contact_id) where "primary";

create table pipelines (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    name text not null unique check (name <> ''),
    team_id uuid references teams,
    position integer not null default 0,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1
);
create table stages (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    pipeline_id uuid not null references pipelines,
    key text not null check (key <> ''),
    name text not null check (name <> ''),
    position integer not null default 0,
    probability numeric(5, 2) not null check (probability between 0 and 100),
    forecast_category text not null check (forecast_category in ('omitted', 'pipeline', 'best_case', 'commit', 'closed')),
    status text not null check (status in ('open', 'won', 'lost')),
    rotten_days integer check (rotten_days > 0),
    required_fields text[] not null default '{}',
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1,
    unique (pipeline_id, key),
    unique (id, pipeline_id)
);

create table products (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    name text not null check (name <> ''),
    sku text unique,
    series text,
    list_price numeric(19, 4),
    currency text check (currency ~ '^[A-Z]{3}$'),
    active boolean not null default true,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1
);

create table opportunities (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    name text not null check (name <> ''),
    account_id uuid references accounts,
    pipeline_id uuid not null references pipelines,
    stage_id uuid not null references stages,
    amount numeric(19, 4),
    currency text check (currency ~ '^[A-Z]{3}$'),
    close_date date,
    probability numeric(5, 2) check (probability between 0 and 100),
    probability_manual boolean not null default false,
    forecast_category text check (forecast_category in ('omitted', 'pipeline', 'best_case', 'commit', 'closed')),
    status text not null check (status in ('open', 'won', 'lost')),
    lost_reason text,
    source text,
    campaign text,
    recurring_amount numeric(19, 4),
    recurring_period text check (recurring_period in ('month', 'quarter', 'year')),
    closed_at timestamptz,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1,
    foreign key (stage_id, pipeline_id) references stages (id, pipeline_id)
);
create index opportunities_account on opportunities (account_id);
create index opportunities_stage on opportunities (stage_id, close_date, id);
create index opportunities_close on opportunities (close_date, id);
create index opportunities_amount on opportunities (amount, id);
create index opportunities_updated on opportunities (updated_at, id);
create index opportunities_name on opportunities (name, id);
create index opportunities_words on opportunities using gin (name tandem_text.gin_trgm_ops);
create index opportunities_pipeline on opportunities (pipeline_id);
create index opportunities_owner on opportunities (owner_id, id);
create index opportunities_created on opportunities (created_at, id);

create table opportunity_history (
    opportunity_id uuid not null,
    seq integer not null check (seq > 0),
    changed_at timestamptz,
    recorded_at timestamptz not null,
    actor text not null,
    cause text not null,
    old_stage_id uuid, new_stage_id uuid,
    old_amount numeric(19, 4), new_amount numeric(19, 4),
    old_currency text, new_currency text,
    old_probability numeric(5, 2), new_probability numeric(5, 2),
    old_forecast_category text, new_forecast_category text,
    old_close_date date, new_close_date date,
    old_owner_id uuid, new_owner_id uuid,
    old_status text, new_status text,
    primary key (opportunity_id, seq)
);
create table opportunity_stages (
    opportunity_id uuid not null references opportunities,
    seq integer not null check (seq > 0),
    stage_id uuid not null references stages,
    entered_at timestamptz,
    exited_at timestamptz,
    duration_s bigint generated always as (extract(epoch from exited_at - entered_at)::bigint) stored,
    open boolean not null,
    primary key (opportunity_id, seq),
    check (not open or exited_at is null),
    check (exited_at >= entered_at)
);
create unique index opportunity_stages_open on opportunity_stages (opportunity_id) where open;
create index opportunity_stages_stage on opportunity_stages (stage_id);

create table opportunity_contacts (
    opportunity_id uuid not null references opportunities,
    contact_id uuid not null references contacts,
    role text not null default '',
    "primary" boolean not null default false,
    primary key (opportunity_id, contact_id, role)
);
create index opportunity_contacts_contact on opportunity_contacts (contact_id);
create unique index opportunity_contacts_primary on opportunity_contacts (opportunity_id) where "primary";

create table opportunity_products (
    opportunity_id uuid not null references opportunities,
    line integer not null check (line > 0),
    product_id uuid not null references products,
    quantity numeric(19, 4) not null default 1,
    unit_price numeric(19, 4),
    discount numeric(5, 2) check (discount between 0 and 100),
    primary key (opportunity_id, line)
);
create index opportunity_products_product on opportunity_products (product_id);

create table leads (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    first_name text,
    last_name text,
    company text,
    company_key text collate "C",
    title text,
    email text,
    email_norm text collate "C" check (email_norm = lower(email_norm)),
    phone text,
    phone_e164 text collate "C" check (phone_e164 ~ '^\+[0-9]{4,15}$'),
    website text,
    source text,
    status text not null default 'new' check (status in ('new', 'working', 'nurturing', 'converted', 'disqualified')),
    score integer,
    campaign text,
    message text,
    profile_id uuid references profiles,
    converted_account_id uuid references accounts,
    converted_contact_id uuid references contacts,
    converted_opportunity_id uuid references opportunities,
    converted_at timestamptz,
    tags text[] not null default '{}',
    normalizer_version smallint not null default 1,
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1,
    check ((status = 'converted') = (converted_at is not null))
);
create index leads_email on leads (email_norm);
create index leads_profile on leads (profile_id);
create index leads_owner on leads (owner_id, id);
create index leads_created on leads (created_at, id);
create index leads_words on leads using gin (
    first_name tandem_text.gin_trgm_ops, last_name tandem_text.gin_trgm_ops, company tandem_text.gin_trgm_ops,
    email tandem_text.gin_trgm_ops)
    with (gin_pending_list_limit = 512);
create index leads_account on leads (converted_account_id);
create index leads_contact on leads (converted_contact_id);
create index leads_opportunity on leads (converted_opportunity_id);

create table activities (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    type text not null check (type ~ '^[a-z][a-z0-9_]{0,62}$'),
    direction text check (direction in ('in', 'out')),
    status text not null default 'done' check (status in ('planned', 'done', 'cancelled', 'failed')),
    subject text,
    body text,
    started_at timestamptz,
    ended_at timestamptz,
    due_at timestamptz,
    due_date date,
    duration_s integer check (duration_s >= 0),
    outcome text,
    priority text check (priority in ('low', 'normal', 'high')),
    source text not null default 'manual' check (source in ('manual', 'sync', 'api', 'sequence', 'rule')),
    thread_id text,
    recording_url text,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1,
    check (ended_at >= started_at)
);
create index activities_owner on activities (owner_id);
create index activities_created on activities (created_at, id);
create index activities_words on activities using gin (subject tandem_text.gin_trgm_ops);
create index activities_due on activities (due_at) where status = 'planned';
create index activities_planned on activities (owner_id) where status = 'planned';

create table activity_links (
    activity_id uuid not null references activities,
    object text not null check (object in ('account', 'contact', 'lead', 'opportunity', 'ticket')),
    record_id uuid not null,
    role text not null default '',
    primary key (activity_id, object, record_id)
);
create index activity_links_record on activity_links (record_id, activity_id);
