-- Erases what holds one of a person's identifiers without being hers: events in quarantine with their requests, staged rows of
-- imports, remembered answers, orders, files of exports, news that nobody has fetched. Reads those relations whole. Answers {relation: rows}.
create or replace function erase_mentions(p_values text[]) returns jsonb
language plpgsql
as $$
declare
    v_forms text[] := mention_forms(p_values);
    v_counts jsonb := '{}';
    v_requests uuid[];
    v_count integer;
begin
    if to_regclass('quarantine') is not null then
        v_requests := array(
            select r.id from quarantine_request r where mentions(encode(r.envelope, 'escape'), v_forms)
        );
        delete from quarantine q
        where q.request = any (v_requests) or mentions(encode(q.original, 'escape'), v_forms)
           or mentions(encode(q.corrected, 'escape'), v_forms) or mentions(q.message_id, v_forms);
        get diagnostics v_count = row_count;
        v_counts := v_counts || jsonb_build_object('quarantine', v_count);
        delete from quarantine_request r where r.id = any (v_requests);
    end if;
    update import_row r
    set raw = '{}', before = null, reason = '{"code": "erased"}', undo_reason = null
    where mentions(r.raw::text, v_forms) or mentions(r.before::text, v_forms);
    get diagnostics v_count = row_count;
    v_counts := v_counts || jsonb_build_object('import_rows', v_count);
    delete from idempotency i where mentions(encode(i.body, 'escape'), v_forms) or mentions(i.path, v_forms);
    get diagnostics v_count = row_count;
    v_counts := v_counts || jsonb_build_object('remembered_answers', v_count);
    update operation o
    set input = '{"erased": true}', result = null
    where o.state <> 'running' and (mentions(o.input::text, v_forms) or mentions(o.result::text, v_forms));
    delete from outbox o where mentions(o.payload::text, v_forms);
    v_counts := v_counts || jsonb_build_object('exports', withdraw_exports());
    if to_regclass('normal_form') is not null then
        delete from normal_form f where f.norm = any (p_values);
    end if;
    return v_counts;
end
$$;
