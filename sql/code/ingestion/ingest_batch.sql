-- Takes a micro-batch of messages of one tenant: deduplicates, finds each message's profile, folds traits, memberships, consent
-- and activity, touches accounts, contacts and leads, stores the events. The effect is that of the messages one by one, in order.
-- Positions count from 1. p_flags: bit 0 clock clamped, 1 skew corrected, 2 text replaced, 3 all identifiers blocked, 4 import,
-- 5 source may identify, 6 may create accounts, 7 may write contacts, 8 may write leads, 9 public source, 10 leave.
-- p_id_…: identifiers, normalised, blocked ones left out, by message and priority. p_co_…: what names the message's company.
-- p_pf_…: person's fields from the traits. p_form: what the submissions of forms say (see FormReader), null if the batch has none.
-- p_run_…: the last places of stretches of messages of one source, key and hour of receipt, and the keys, for the tally; null:
-- nothing is tallied. Raises TD011 stale_rules. Retry the whole call on 40001 and 40P01.
create or replace function ingest_batch(
    p_rules_version int4, p_event_id uuid[], p_message_id text[], p_type text[], p_name text[], p_ts timestamptz[],
    p_received_at timestamptz[], p_flags int4[], p_source int2[], p_session text[], p_payload jsonb[], p_traits jsonb[],
    p_consent jsonb[], p_group_id text[], p_previous_id text[], p_id_msg int4[], p_id_type text[], p_id_value text[],
    p_co_msg int4[], p_co_kind text[], p_co_value text[], p_co_name text[], p_pf_msg int4[], p_pf_field text[],
    p_pf_value text[], p_email_norm text[], p_phone_e164 text[], p_form jsonb[] default null,
    p_run_end int4[] default null, p_run_key text[] default null
) returns table (idx int4, outcome text, code text)
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
set max_parallel_workers_per_gather = 0
as $$
declare
    c_may_identify constant int4 := 32;
    c_stored_flags constant int4 := 31;
    v_count int4 := coalesce(cardinality(p_event_id), 0);
    v_rules_version int4;
    v_epoch int4;
    v_promoted text[];          -- the traits that rows of `profiles` show
    v_fresh boolean[];
    v_all_fresh boolean;
    v_all_may boolean;          -- whether every source may identify
    v_home bigint[];    -- node of each message; 0: unassigned, -1: a copy, not stored
    v_slow boolean[];
    v_any_slow boolean;
    v_node bigint;
    v_msg int4;
    v_owner bigint[] := '{}';   -- of the identifiers that slow messages name
    v_apart int4[];     -- messages whose identifiers several nodes own
    v_seen record;              -- what moves first and last seen, of fast messages …
    v_moved record;             -- … and of slow ones
    v_shown bigint[];           -- nodes whose e-mail address or phone an identify changes …
    v_promoting bigint[];       -- … or a promoted trait
    v_formed bigint[] := '{}';  -- nodes that submit forms
    v_refreshed bigint[];
    v_labels bigint[];          -- components whose rows of `profiles` are written anew
    v_traits_of bigint[];
    v_accounts uuid[];          -- the account of each event
    v_named uuid[];             -- those that the calls named
    v_joined text[];            -- the groups that they joined anew
    v_crm boolean := to_regclass('contact_node') is not null;
begin
    select s.rules_version, s.epoch, s.promoted into v_rules_version, v_epoch, v_promoted from identity_state s;
    if v_rules_version is distinct from p_rules_version then
        raise exception 'rules version % is not in force', p_rules_version using errcode = 'TD011';
    end if;
    if v_count = 0 then
        return;
    end if;
    v_fresh := dedupe_messages(p_event_id, p_flags);
    v_all_fresh := true = all (v_fresh);

    -- Most messages name identifiers of one profile that are known: their home is the owner of the first.
    select
        array_agg(coalesce(l.first_node, 0) order by l.msg), array_agg(l.unknown order by l.msg),
        coalesce(array_agg(l.msg) filter (where l.apart and not l.unknown), '{}'), bit_and(l.flags) & c_may_identify <> 0
    into v_home, v_slow, v_apart, v_all_may
    from (
        select
            i.msg, max(x.node) filter (where i.before <> i.msg) as first_node, count(x.node) < count(i.type) as unknown,
            min(x.node) <> max(x.node) as apart, max(i.flags) as flags
        from (
            select u.msg, u.type, u.value, u.before, null::int4 as flags
            from unnest(p_id_msg, p_id_type, p_id_value, 0 || p_id_msg) u(msg, type, value, before)
            where u.msg is not null
            union all
            select f.pos::int4, null, null, null, f.flags from unnest(p_flags) with ordinality f(flags, pos)
        ) i
        left join identifier x on x.type = i.type and x.value = i.value
        group by i.msg
    ) l;
    -- A source that may not identify only finds people: by the first identifier that is known.
    if not v_all_may then
        for v_msg, v_node in
            select i.msg, coalesce((array_agg(x.node order by i.ord) filter (where x.node is not null))[1], 0)
            from unnest(p_id_msg, p_id_type, p_id_value) with ordinality i(msg, type, value, ord)
            left join identifier x on x.type = i.type and x.value = i.value
            where p_flags[i.msg] & c_may_identify = 0
            group by i.msg
        loop
            v_home[v_msg] := v_node;
            v_slow[v_msg] := false;
            v_apart := array_remove(v_apart, v_msg);
        end loop;
    end if;
    if not v_all_fresh then
        for v_msg in select u.pos from unnest(v_fresh) with ordinality u(fresh, pos) where not u.fresh loop
            v_home[v_msg] := -1;
            v_slow[v_msg] := false;
            v_apart := array_remove(v_apart, v_msg);
        end loop;
    end if;
    if v_apart <> '{}' then
        for v_msg in
            select i.msg
            from unnest(p_id_msg, p_id_type, p_id_value) i(msg, type, value)
            join identifier x on x.type = i.type and x.value = i.value
            join node n on n.id = x.node
            where i.msg = any (v_apart)
            group by i.msg
            having min(n.component) <> max(n.component)
        loop
            v_slow[v_msg] := true;
        end loop;
    end if;
    if 'alias' = any (p_type) then
        for v_msg in
            select u.pos
            from unnest(p_type, p_previous_id, v_fresh) with ordinality u(type, previous_id, fresh, pos)
            where u.type = 'alias' and u.previous_id is not null and u.fresh and p_flags[u.pos::int4] & c_may_identify <> 0
        loop
            v_slow[v_msg] := true;
        end loop;
    end if;

    v_any_slow := true = any (v_slow);
    if v_any_slow then
        foreach v_msg in array coalesce(recall_demotions(
            v_slow, v_rules_version, v_epoch, p_event_id, p_message_id, p_id_msg, p_id_type, p_id_value
        ), '{}') loop
            v_slow[v_msg] := false;
        end loop;
        v_any_slow := true = any (v_slow);
    end if;
    if v_any_slow then
        v_owner := lock_identifiers(v_slow, p_type, p_previous_id, p_id_msg, p_id_type, p_id_value);
    end if;
    if 'identify' = any (p_type) then
        select
            array_agg(distinct u.node) filter (where u.traits ?| array['email', 'phone']),
            array_agg(distinct u.node) filter (where u.traits ?| v_promoted)
        into v_shown, v_promoting
        from unnest(v_home, p_type, p_traits, v_slow) u(node, type, traits, slow)
        where u.node > 0 and not u.slow and u.type = 'identify' and u.traits is not null;
    end if;
    if p_form is not null then
        select coalesce(array_agg(u.node), '{}') into v_formed
        from unnest(v_home, p_form) u(node, form)
        where u.form is not null and u.node > 0;
    end if;
    v_seen := activity_changes(v_home, p_ts, v_slow, false);
    perform lock_components(
        v_owner || coalesce(v_shown, '{}') || coalesce(v_promoting, '{}') || coalesce(v_seen.nodes, '{}') || v_formed
    );

    v_refreshed := v_shown;
    if v_any_slow then
        v_home := resolve_messages(
            v_home, v_slow, v_owner, v_rules_version, v_epoch, v_crm, p_event_id, p_message_id, p_type,
            p_ts, p_received_at, p_source, p_previous_id, p_id_msg, p_id_type, p_id_value
        );
        v_moved := activity_changes(v_home, p_ts, v_slow, true);
        v_seen.nodes := v_seen.nodes || v_moved.nodes;
        v_seen.first_at := v_seen.first_at || v_moved.first_at;
        v_seen.last_at := v_seen.last_at || v_moved.last_at;
        v_refreshed := v_refreshed || array(select u.node from unnest(v_home, v_slow) u(node, slow) where u.slow);
    end if;
    if v_refreshed is not null then
        select array_agg(distinct n.component) into v_labels from node n where n.id = any (v_refreshed);
    end if;

    -- All node rows that are written below are locked here at once, in order.
    select array_agg(distinct u.node) into v_traits_of
    from unnest(v_home, p_type, p_traits) u(node, type, traits)
    where u.node > 0 and (u.type = 'group' or u.type = 'identify' and u.traits is not null and u.traits <> '{}');
    if v_traits_of is not null then
        perform apply_traits(v_traits_of, v_home, p_message_id, p_type, p_ts, p_source, p_traits);
    end if;
    if v_seen.nodes is not null then
        perform apply_activity(v_seen.nodes, v_seen.first_at, v_seen.last_at, coalesce(v_labels, '{}'));
    end if;
    if v_labels is not null then
        perform refresh_profiles(v_labels, false);
    end if;
    if v_labels is not null or v_promoting is not null then
        perform write_promoted(array(
            select l.label from unnest(v_labels) l(label)
            union
            select n.component from node n where n.id = any (v_promoting)
        ));
    end if;
    if array_remove(p_consent, null) <> '{}' then
        insert into consent_statement (node, ts, message_id, source, categories)
        select u.node, u.ts, u.message_id, u.source, u.consent
        from unnest(v_home, p_ts, p_message_id, p_source, p_consent) with ordinality u(node, ts, message_id, source, consent, pos)
        where u.consent is not null and u.node >= 0
        order by u.pos;
    end if;

    select a.accounts, a.named, a.joined into v_accounts, v_named, v_joined
    from place_accounts(
        v_home, p_message_id, p_type, p_ts, p_flags, p_source, p_traits, p_group_id, p_email_norm,
        p_co_msg, p_co_kind, p_co_value, p_co_name
    ) a;
    if 'group' = any (p_type) then
        perform feed_accounts(
            v_named, p_type, p_message_id, p_ts, p_flags, p_source, p_traits, p_co_msg, p_co_kind, p_co_value
        );
    end if;
    if v_crm then
        perform place_people(
            v_home, v_slow, v_named, v_joined, p_event_id, p_message_id, p_type, p_ts, p_flags, p_source,
            p_pf_msg, p_pf_field, p_pf_value, p_email_norm, p_phone_e164, p_form
        );
    end if;
    insert into event_log (
        node, ts, received_at, event_id, message_id, type, name, account_id, source, session, flags, payload
    )
    select
        u.node, u.ts, u.received_at, u.event_id, u.message_id, u.type, u.name, u.account_id, u.source, u.session,
        u.flags & c_stored_flags, u.payload
    from unnest(
        v_home, p_ts, p_received_at, p_event_id, p_message_id, p_type, p_name, v_accounts, p_source, p_session, p_flags, p_payload
    ) u(node, ts, received_at, event_id, message_id, type, name, account_id, source, session, flags, payload)
    where u.node >= 0;
    with tallied as (
        insert into tally (hour, source, key_id, accepted, duplicates)
        select
            date_trunc('hour', p_received_at[r.upto], 'UTC'), p_source[r.upto], r.key_id, r.upto - r.before - r.copies, r.copies
        from (
            select
                u.upto, u.before, u.key_id,
                case when v_all_fresh then 0
                    else (select count(*)::int4 from unnest(v_fresh[u.before + 1:u.upto]) f(fresh) where not f.fresh) end as copies
            from unnest(p_run_end, p_run_key, 0 || p_run_end) u(upto, key_id, before)
            where u.upto is not null
        ) r
    )
    insert into dirty (nodes, at)
    select array_agg(distinct u.node), now() from unnest(v_home) u(node) where u.node > 0 having count(*) > 0;

    return query
    select u.pos::int4, case when u.fresh then 'accepted' else 'duplicate' end, null::text
    from unnest(v_fresh) with ordinality u(fresh, pos)
    order by u.pos;
end
$$;
