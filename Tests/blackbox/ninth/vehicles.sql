-- safety: online
-- module: crm
-- schema: bi
-- The object that Tests/blackbox/test_ninth_object.py adds to a copy of the product.

create table vehicles (
    id uuid primary key,
    external_id text unique,
    owner_id uuid references users,
    plate text not null unique check (plate <> ''),
    notes text,
    seats integer check (seats between 1 and 100),
    consumption numeric(19, 4),
    price numeric(19, 4),
    currency text check (currency ~ '^[A-Z]{3}$'),
    charge numeric(5, 2) check (charge between 0 and 100),
    leased boolean not null default false,
    first_registered date,
    inspected_at timestamptz,
    contact_email text,
    contact_phone text,
    dealer_domain text,
    photo_url text,
    fuel text not null check (fuel in ('petrol', 'diesel', 'electric')),
    account_id uuid not null references accounts,
    opportunity_id uuid references opportunities,
    tags text[] not null default '{}',
    created_at timestamptz not null,
    updated_at timestamptz not null,
    created_by text not null,
    version integer not null default 1
);
create index vehicles_owner on vehicles (owner_id);
create index vehicles_account on vehicles (account_id);
create index vehicles_opportunity on vehicles (opportunity_id);
create index vehicles_created on vehicles (created_at, id);

create table vehicle_drivers (
    vehicle_id uuid not null references vehicles,
    contact_id uuid not null references contacts,
    role text not null default '',
    primary key (vehicle_id, contact_id, role)
);
create index vehicle_drivers_contact on vehicle_drivers (contact_id);

insert into object_description (object, relation, children) values
    ('vehicle', 'vehicles', '{"drivers": {"relation": "vehicle_drivers", "parent": "vehicle_id"}}')
on conflict (object) do nothing;

comment on table vehicles is 'Cars: one row per live car.';
comment on column vehicles.id is 'The record''s id, for ever.';
comment on column vehicles.external_id is 'The id in the system it came from; unique per object.';
comment on column vehicles.owner_id is 'The user it belongs to.';
comment on column vehicles.plate is 'Its plate; unique.';
comment on column vehicles.notes is 'Free text.';
comment on column vehicles.seats is 'How many may sit in it.';
comment on column vehicles.consumption is 'Litres for 100 km.';
comment on column vehicles.price is 'What it cost, in currency.';
comment on column vehicles.currency is 'ISO 4217 code of its amounts.';
comment on column vehicles.charge is 'How full the battery is, in percent.';
comment on column vehicles.leased is 'True: it belongs to a bank.';
comment on column vehicles.first_registered is 'Since when it is on the road.';
comment on column vehicles.inspected_at is 'When it was last looked at.';
comment on column vehicles.contact_email is 'Where its driver is reached.';
comment on column vehicles.contact_phone is 'The telephone in it.';
comment on column vehicles.dealer_domain is 'The host of the dealer''s site.';
comment on column vehicles.photo_url is 'How it looks.';
comment on column vehicles.fuel is 'petrol, diesel or electric.';
comment on column vehicles.account_id is 'The account that drives it.';
comment on column vehicles.opportunity_id is 'The deal that it came from.';
comment on column vehicles.tags is 'Free labels.';
comment on column vehicles.created_at is 'When it was made here, or the time that its import names.';
comment on column vehicles.updated_at is 'When it changed last.';
comment on column vehicles.created_by is 'Who made it: a key, a person, an import, a source.';
comment on column vehicles.version is 'Counts the changes; what If-Match names.';

comment on table vehicle_drivers is 'Who drives a car.';
comment on column vehicle_drivers.vehicle_id is 'The car.';
comment on column vehicle_drivers.contact_id is 'The person.';
comment on column vehicle_drivers.role is 'How often the person drives.';
