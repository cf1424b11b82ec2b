-- safety: online
-- A BI login may make models: views of its own in a third schema of the tenant.
alter table tandem.bi_login add column models boolean not null default false;
comment on column tandem.bi_login.models is 'It makes views in the tenant''s schema for models (t_x_m).';
