-- What was said with a person stays as a fact (time, type, account, owner) and loses its words: activities and tickets of the
-- contacts and leads, live or in the bin, with their comments and files, and what is
-- remembered of answers about any of these. Answers {relation: rows}.
create or replace function erase_conversations(p_contacts uuid[], p_leads uuid[], p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_persons uuid[] := p_contacts || p_leads;
    v_activities uuid[];
    v_tickets uuid[];
    v_places uuid[];
    v_comments uuid[];
    v_files uuid[];
begin
    select t.activities, t.tickets into v_activities, v_tickets from person_talks(v_persons) t;
    v_places := v_activities || v_tickets;
    v_comments := array(
        select c.id from comments c where c.object_id = any (v_places)
        union
        select b.record_id from bin b where b.object = 'comment' and (b.data ->> 'object_id')::uuid = any (v_places)
    );
    v_files := array(select a.id from attachments a where a.object_id = any (v_places || v_persons));
    return jsonb_build_object(
        'remembered_answers', forget_answers(v_persons || v_places || v_comments || v_files),
        'activities', blank_records(
            'activity', v_activities,
            '{"subject": null, "body": null, "outcome": null, "recording_url": null, "thread_id": null}', p_actor
        ),
        'tickets', blank_records('ticket', v_tickets, '{"subject": "(erased)", "body": null}', p_actor),
        'comments', blank_records('comment', v_comments, '{"body": "(erased)"}', p_actor),
        'attachments', erase_records('attachment', v_files, '{}', '{}', p_actor)
    );
end
$$;
