-- safety: locks-briefly
-- module: all
-- schema: internal

alter table identity_state add column if not exists anomaly_ids integer not null default 20 check (anomaly_ids > 0);
comment on column identity_state.anomaly_ids is
    'The rules'' anomaly_ids_per_hour: events join nothing more to a profile that would gain more identifiers within an hour.';
update identity_state s
set anomaly_ids = coalesce(
    (select (r.rules ->> 'anomaly_ids_per_hour')::integer from identity_rules r order by r.version desc limit 1), 20
);
