-- Writes into the ledger what became of rows, and adds to the import's counts. A second note of a row (its links to rows
-- further down) keeps what the first said of creation and rejection.
create or replace function note_import_rows(
    p_import uuid, p_row bigint[], p_outcome text[], p_record uuid[], p_version integer[], p_before jsonb[],
    p_reason jsonb[], p_unknown jsonb
) returns void
language plpgsql
as $$
declare
    v_noted record;
begin
    with noted as (
        select r.import, r.row, r.outcome as old, coalesce(
            case when r.outcome is null or (r.outcome = 'unchanged' and n.outcome = 'updated') then n.outcome end,
            r.outcome) as new, n.record_id, n.version, n.before, n.reason
        from unnest(p_row, p_outcome, p_record, p_version, p_before, p_reason)
            n ("row", outcome, record_id, version, before, reason)
        join import_row r on r.import = p_import and r.row = n.row),
    written as (
        update import_row r
        set outcome = n.new, record_id = coalesce(n.record_id, r.record_id), version = coalesce(n.version, r.version),
            before = case when n.new = 'updated' then coalesce(n.before, '{}') || coalesce(r.before, '{}') end,
            reason = coalesce(n.reason, r.reason),
            -- Of somebody who asked not to be here nothing is kept.
            raw = case when n.reason::text like '%"suppressed"%' then '{}' else r.raw end
        from noted n
        where r.import = n.import and r.row = n.row)
    select count(*) filter (where n.old is null) as read,
        count(*) filter (where n.new = 'created') - count(*) filter (where n.old = 'created') as created,
        count(*) filter (where n.new = 'updated') - count(*) filter (where n.old = 'updated') as updated,
        count(*) filter (where n.new = 'unchanged') - count(*) filter (where n.old = 'unchanged') as unchanged,
        count(*) filter (where n.new = 'rejected') - count(*) filter (where n.old = 'rejected') as rejected
    into v_noted from noted n;
    update import i
    set read = i.read + v_noted.read, created = i.created + v_noted.created, updated = i.updated + v_noted.updated,
        unchanged = i.unchanged + v_noted.unchanged, rejected = i.rejected + v_noted.rejected,
        unknown = i.unknown || coalesce((
            select jsonb_object_agg(u.key, coalesce((i.unknown ->> u.key)::bigint, 0) + u.value::bigint)
            from jsonb_each_text(p_unknown) u), '{}')
    where i.id = p_import;
end
$$;
