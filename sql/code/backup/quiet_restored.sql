-- Sees to it that a restored tenant sends nothing a second time: what waited to be sent counts as sent, and so do reminders whose moment has
-- passed. p_is_copy: it stands beside, or in the place of, the tenant that was saved, whose BI logins and remembered answers it does not
-- have. Answers {relation: rows}.
create or replace function quiet_restored(p_now timestamptz, p_is_copy boolean) returns jsonb
language plpgsql
as $$
declare
    v_counts jsonb := '{}';
    v_rows bigint;
begin
    delete from outbox;
    get diagnostics v_rows = row_count;
    v_counts := add_counts(v_counts, jsonb_build_object('outbox', v_rows));
    if to_regclass('reminder') is not null then
        update reminder r set sent_at = p_now, seen_at = p_now where r.sent_at is null and r.at <= p_now;
        get diagnostics v_rows = row_count;
        v_counts := add_counts(v_counts, jsonb_build_object('reminders', v_rows));
    end if;
    if p_is_copy then
        delete from bi_grantee;
        delete from idempotency;
        get diagnostics v_rows = row_count;
        v_counts := add_counts(v_counts, jsonb_build_object('remembered_answers', v_rows));
    end if;
    return v_counts;
end
$$;
