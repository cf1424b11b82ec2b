-- Runs stored events through what reads them once more, under the rules of now: traits, memberships and accounts, contacts and
-- leads, forms. p_home: the nodes under which they are stored; identities, and the events themselves, stay as they are, but for
-- an account that an event has now and had not. A form's submission that made nothing is decided anew; one that made or filled a
-- lead stays. The other parameters are those of ingest_batch. Counts what came of it in the operation, and moves its cursor to
-- (p_at, p_place), in the same transaction.
create or replace function replay_batch(
    p_operation uuid, p_at timestamptz, p_place uuid, p_skipped int4, p_home bigint[], p_event_id uuid[], p_message_id text[],
    p_type text[], p_ts timestamptz[], p_flags int4[], p_source int2[], p_traits jsonb[], p_group_id text[], p_co_msg int4[],
    p_co_kind text[], p_co_value text[], p_co_name text[], p_pf_msg int4[], p_pf_field text[], p_pf_value text[],
    p_email_norm text[], p_phone_e164 text[], p_form jsonb[]
) returns void
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
as $$
declare
    c_forms constant int2 := 8256;
    v_count int4 := cardinality(p_home);
    v_crm boolean := to_regclass('contact_node') is not null;
    v_nodes bigint[] := array(select distinct u.node from unnest(p_home) u(node) where u.node > 0 order by 1);
    v_labels bigint[];
    v_accounts uuid[];
    v_named uuid[];
    v_joined text[];
    v_linked int4 := 0;
    v_forms int4 := 0;
begin
    if v_count > 0 then
        v_labels := lock_components(null::text, v_nodes);
        perform from (select n.id from node n where n.id = any (v_nodes) order by n.id for no key update) n;
        perform apply_traits(null::text, p_home, p_message_id, p_type, p_ts, p_source, p_traits, false);
        select a.accounts, a.named, a.joined into v_accounts, v_named, v_joined
        from place_accounts(
            null::text, p_home, p_message_id, p_type, p_ts, p_flags, p_source, p_traits, p_group_id, p_email_norm,
            p_co_msg, p_co_kind, p_co_value, p_co_name
        ) a;
        if 'group' = any (p_type) then
            perform feed_accounts(
                v_named, p_type, p_message_id, p_ts, p_flags, p_source, p_traits, p_co_msg, p_co_kind, p_co_value
            );
        end if;
        -- An account that the event does not name is its person's, if that had joined by then.
        update event_log e
        set account_id = u.account_id
        from unnest(p_home, p_ts, p_event_id, v_accounts, v_named) u(node, ts, event_id, account_id, named)
        where e.node = u.node and e.ts = u.ts and e.event_id = u.event_id and e.account_id is null and u.account_id is not null
          and (u.named is not null or exists (
              select from membership j
              join accounts k on k.id = group_account(j.group_id)
              where j.node = u.node and not j."left" and k.id = u.account_id and j.at <= u.ts
          ));
        get diagnostics v_linked = row_count;
        if v_crm then
            if p_form is not null then
                perform from lock_bucket b where b.id = c_forms for update;
                v_forms := forget_submissions(p_event_id, p_form);
            end if;
            perform place_people(
                null::text,
                p_home, array_fill(false, array[v_count]), v_named, v_joined, p_event_id, p_message_id, p_type, p_ts, p_flags,
                p_source, p_pf_msg, p_pf_field, p_pf_value, p_email_norm, p_phone_e164, p_form
            );
        end if;
        perform refresh_profiles(null::text, v_labels, false);
        perform write_promoted(v_labels);
        insert into dirty (nodes, at) select v_nodes, now() where v_nodes <> '{}';
    end if;
    update operation o set cursor_at = p_at, cursor_id = p_place where o.id = p_operation;
    perform operation_count(p_operation, jsonb_build_object('replayed', v_count, 'skipped', p_skipped));
    -- What came of them counts no event a second time.
    update operation o
    set counts = o.counts || (
        select coalesce(jsonb_object_agg(c.key, coalesce((o.counts ->> c.key)::bigint, 0) + c.value), '{}')
        from (values
            ('joined', cardinality(array_remove(v_joined, null))), ('linked', v_linked), ('forms', v_forms)
        ) c(key, value)
        where c.value > 0
    )
    where o.id = p_operation;
end
$$;
