-- Erases records of an object with all that belongs to them or tells of them: rows, comments, files, history, bin, staging, merges,
-- suggestions. p_emails, p_phones: of contacts and leads in the bin, those that have one of them go too. What is left is the news that the id
-- is gone. Answers how many.
create or replace function erase_records(
    p_object text, p_ids uuid[], p_emails text[], p_phones text[], p_actor text
) returns integer
language plpgsql
as $$
declare
    v_object jsonb := describe_object(p_object);
    v_context jsonb := jsonb_build_object('source', 0, 'rank', 40, 'actor', p_actor, 'cause', 'erase');
    v_ids uuid[];
    v_inside uuid[];
    v_files text[];
    v_merges uuid[];
begin
    v_ids := array(
        select r from unnest(p_ids) r
        union
        select b.id from binned_persons() b
        where b.object = p_object and (p_emails <> '{}' or p_phones <> '{}') and (b.emails && p_emails or b.phones && p_phones)
    );
    if v_ids = '{}' then
        return 0;
    end if;
    v_inside := array(
        select c.id from comments c where c.object_id = any (v_ids)
        union
        select a.id from attachments a where a.object_id = any (v_ids)
        union
        select b.record_id from bin b where b.object in ('comment', 'attachment') and (b.data ->> 'object_id')::uuid = any (v_ids)
    );
    v_files := array(
        select a.sha256 from attachments a where a.id = any (v_ids || v_inside)
        union
        select b.data ->> 'sha256' from bin b where b.object = 'attachment' and b.record_id = any (v_ids || v_inside)
        union
        select f ->> 'sha256'
        from bin b, jsonb_array_elements(b.children #> '{rows,attachments}') f where b.record_id = any (v_ids)
    );
    perform detach_records(v_object, v_context, v_ids);
    execute format('delete from %I t where t.id = any ($1)', v_object ->> 'relation') using v_ids;
    delete from bin b where b.record_id = any (v_ids || v_inside);
    delete from attachment_content c
    where c.sha256 = any (v_files)
        and not exists (select from attachments a where a.sha256 = c.sha256)
        and not exists (select from bin b where b.object = 'attachment' and b.data ->> 'sha256' = c.sha256)
        and not exists (
            select from bin b
            where b.children @> jsonb_build_object('rows', jsonb_build_object(
                'attachments', jsonb_build_array(jsonb_build_object('sha256', c.sha256)))));
    delete from field_source f where f.record_id = any (v_ids);
    delete from duplicate_suggestion d where d.a = any (v_ids) or d.b = any (v_ids);
    v_merges := array(select m.id from record_merge m where m.winner = any (v_ids) or m.losers && v_ids);
    delete from record_alias a where a.merge = any (v_merges) or a.record_id = any (v_ids);
    delete from record_redirect r where r.merge = any (v_merges);
    delete from record_merge m where m.id = any (v_merges);
    delete from lead_conversion c where c.lead_id = any (v_ids);
    update import_row r set raw = '{}', before = null, reason = null, undo_reason = null where r.record_id = any (v_ids);
    update operation_record o set detail = null where o.record_id = any (v_ids);
    delete from outbox o where o.key = any (array(select r::text from unnest(v_ids) r));
    -- Who reads changes learns by this that the record is gone.
    delete from record_history h where h.record_id = any (v_ids || v_inside);
    insert into record_history (object, record_id, version, at, actor, cause, source, action, changes)
    select p_object, r, 2147483647, now(), p_actor, 'erase', 0, 'delete', '{}' from unnest(v_ids) r;
    return cardinality(v_ids);
end
$$;
