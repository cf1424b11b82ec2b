-- What happened around a record, newest first: activities and comments linked to it (an account: also to its contacts, opportunities
-- and tickets), moves of its opportunities, its tickets opened and solved, and events of the persons behind it. Keyset: rows
-- before (p_before_at, p_before_key); null: from now on back.
create or replace function record_timeline(
    p_object text, p_id uuid, p_limit integer, p_before_at timestamptz, p_before_key text
) returns table (at timestamptz, key text, kind text, data jsonb)
language plpgsql stable
set jit to off
as $$
#variable_conflict use_column
declare
    v_before timestamptz := coalesce(p_before_at, 'infinity');
    v_key text := coalesce(p_before_key, '');
    v_has_crm boolean := to_regclass('contacts') is not null;
    v_records uuid[] := array[p_id];
    v_opportunities uuid[] := case when p_object = 'opportunity' then array[p_id] else '{}' end;
    v_contacts uuid[] := case when p_object = 'contact' then array[p_id] else '{}' end;
    v_tickets uuid[] := case when p_object = 'ticket' then array[p_id] else '{}' end;
    v_rows jsonb := '[]';
begin
    if v_has_crm then
        if p_object = 'account' then
            v_contacts := array(select c.contact_id from account_contacts c where c.account_id = p_id limit 1000);
            v_opportunities := array(select o.id from opportunities o where o.account_id = p_id limit 1000);
        end if;
        if p_object in ('account', 'contact') then
            v_tickets := array(
                select t.id from tickets t where t.account_id = p_id and p_object = 'account'
                union
                select t.id from tickets t where t.contact_id = any (v_contacts)
                limit 1000);
        end if;
        if is_restricted() then
            v_contacts := readable_ids('contact', v_contacts);
            v_opportunities := readable_ids('opportunity', v_opportunities);
            v_tickets := readable_ids('ticket', v_tickets);
        end if;
        v_records := v_records || v_contacts || v_opportunities || v_tickets;
        v_rows := v_rows || case when level_of('activity', 'read') = 'none' then '[]'
                else record_timeline_activities(v_records, p_limit, v_before, v_key) end
            || record_timeline_moves(v_opportunities, p_limit, v_before, v_key)
            || record_timeline_tickets(v_tickets, p_limit, v_before, v_key)
            || case when level_of('comment', 'read') = 'none' then '[]'
                else record_timeline_comments(v_records, p_limit, v_before, v_key) end;
    end if;
    if to_regclass('event_log') is not null then
        v_rows := v_rows || record_timeline_events(record_timeline_nodes(p_object, p_id, v_contacts), p_limit, v_before, v_key);
    end if;
    return query
        select r.at, r.key, r.kind, r.data
        from jsonb_to_recordset(v_rows) r (at timestamptz, key text, kind text, data jsonb)
        order by r.at desc, r.key collate "C" desc
        limit p_limit;
end
$$;
