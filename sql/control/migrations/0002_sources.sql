-- safety: locks-briefly
-- What a source says of where its events come from, and inbound webhooks.

alter table tandem.source
    add column if not exists provenance text not null default 'first_party',
    add column if not exists allowed_origins text[] not null default '{}',
    add column if not exists webhook jsonb,
    add column if not exists webhook_secret bytea,
    add column if not exists deleted_at timestamptz;

update tandem.source set provenance = 'third_party' where kind = 'webhook' and not may_identify;

alter table tandem.source drop constraint if exists source_provenance_check;
alter table tandem.source add constraint source_provenance_check
    check (provenance = 'first_party' or provenance = 'third_party' and not may_identify);
alter table tandem.source drop constraint if exists source_webhook_check;
alter table tandem.source add constraint source_webhook_check
    check (webhook is null or kind = 'webhook' and jsonb_typeof(webhook) = 'object');
alter table tandem.source drop constraint if exists source_deleted_check;
alter table tandem.source add constraint source_deleted_check check (deleted_at is null or not enabled);

comment on table tandem.source is 'Where events come from and how far they are trusted. number is what a tenant''s rows carry; 0 is people. provenance: third_party never identifies. allowed_origins: of browsers; empty: any. webhook: how the payloads of an inbound webhook become messages; webhook_secret: what they are signed with, sealed by the server. rate_per_second, burst: of its events, beside the tenant''s; null: no own. deleted_at: it is not shown any more, its number stays taken.';
