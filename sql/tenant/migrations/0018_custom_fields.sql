-- safety: online
-- module: all
-- schema: internal

create table object_catalog (
    singleton boolean primary key default true check (singleton),
    version integer not null default 0
);
insert into object_catalog default values on conflict do nothing;
comment on table object_catalog is
    'Of all that makes this tenant''s objects differ from the product''s: the version is raised by each change, and 0 while there is none.';

create table custom_field (
    object text not null references object_description,
    name text not null check (name ~ '^cf_[a-z][a-z0-9_]{0,36}$'),
    type text not null check (type in (
        'text', 'long_text', 'integer', 'decimal', 'money', 'currency', 'percent', 'boolean', 'date', 'timestamp', 'select',
        'multi_select', 'url', 'email', 'phone', 'link')),
    hidden boolean not null default false,
    label text not null check (octet_length(label) between 1 and 200),
    help text not null default '' check (octet_length(help) <= 1000),
    required boolean not null default false,
    "unique" boolean not null default false,
    personal boolean not null default false,
    searchable boolean not null default false,
    fixed boolean not null default false,
    "default" jsonb,
    minimum numeric(19, 4),
    maximum numeric(19, 4) check (maximum >= minimum),
    maximum_bytes integer check (maximum_bytes between 1 and 100000),
    pattern text check (octet_length(pattern) between 1 and 1000),
    options text[] check (cardinality(options) between 1 and 500),
    currency text,
    target text references object_description,
    position integer not null,
    version integer not null default 1,
    created_at timestamptz not null default now(),
    created_by text not null,
    updated_at timestamptz not null default now(),
    primary key (object, name),
    check ((options is not null) = (type in ('select', 'multi_select'))),
    check ((target is not null) = (type = 'link')),
    check ((currency is not null) = (type = 'money')),
    check (minimum is null and maximum is null or type in ('integer', 'decimal', 'money', 'percent')),
    check (maximum_bytes is null or type = 'text'),
    check (pattern is null or type = 'text'),
    check (not searchable or type in ('text', 'long_text', 'email', 'phone', 'url')),
    check (not "unique" or type in ('text', 'integer', 'decimal', 'date', 'timestamp', 'url', 'email', 'phone', 'link')),
    check (not ("unique" and "default" is not null)),
    check ("default" is null or type <> 'link')
);
comment on table custom_field is
    'Fields that the tenant gave objects: each is a column of its name in the object''s relation, which stays when the field is hidden.';
comment on column custom_field.required is 'People and imports must give it to new records; what events make may lack it.';
comment on column custom_field.fixed is 'Given with the record, never changed.';
comment on column custom_field.currency is 'Of money: the field that names its currency.';
