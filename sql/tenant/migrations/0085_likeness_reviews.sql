-- safety: locks-briefly
-- module: all
-- schema: internal
-- Profiles that may be one though no identifier says so wait for a decision where merges do.

alter table review drop constraint if exists review_reason_check;
alter table review add constraint review_reason_check
    check (reason in ('accounts', 'anomaly', 'manual', 'contact_email', 'likeness')) not valid;
alter table review validate constraint review_reason_check;
