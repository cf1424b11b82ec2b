-- Takes a micro-batch of messages of one tenant: deduplicates, finds each message's profile, folds traits, memberships, consent
-- and activity, touches accounts, contacts and leads, stores the events. The effect is that of the messages one by one, in order.
-- p_plans: a null whose type tells whose plans are used, here and in what this calls. PostgreSQL compiles a function with a
-- polymorphic parameter for each type that it is called with: with a type of the tenant's own (null::identity_state) a session
-- that serves tenants in turn keeps the plans of each, some 4 MB; with another (null::text) they are made anew whenever the
-- search path has changed.
-- Positions count from 1. p_flags: bit 0 clock clamped, 1 skew corrected, 2 text replaced, 3 all identifiers blocked, 4 import,
-- 5 source may identify, 6 may create accounts, 7 may write contacts, 8 may write leads, 9 public source, 10 leave,
-- 11 the source leaves out what nobody agreed to (see enforce_consent).
-- p_id_…: identifiers, normalised, blocked ones left out, by message and priority. p_co_…: what names the message's company.
-- p_pf_…: person's fields from the traits. p_form: what the submissions of forms say (see FormReader) and calls and
-- texts of telephony providers ({"activity"}, see ActivityReader), null if the batch has none.
-- p_run_…: the last places of stretches of messages of one source, key and hour of receipt, and the keys, for the tally; null:
-- nothing is tallied. p_reading_version: see reading_rules; raises TD011 stale_rules. Retry the whole call on 40001, 40P01
-- and 23505.
-- The caller may tell what it learned from earlier answers of the same p_epoch (void under another). p_hint: the message's home,
-- 0: not known; it holds for all messages that name the same identifiers in the same order, but for an alias. Where it is given,
-- the message's identifiers may be left out; if the hints turn out to be void, that raises 40001. p_settled: the message's time
-- lies within what an earlier message of that home has stored.
-- Answers by position whether a message is stored now (false: it is a copy of one that is stored), and what the caller may learn:
-- home (null where the next message like this one may end elsewhere) and epoch.
create or replace function ingest_batch(
    p_plans anyelement,
    p_reading_version int4, p_event_id uuid[], p_message_id text[], p_type text[], p_name text[], p_ts timestamptz[],
    p_received_at timestamptz[], p_flags int4[], p_source int2[], p_session text[], p_payload jsonb[], p_traits jsonb[],
    p_consent jsonb[], p_group_id text[], p_previous_id text[], p_id_msg int4[], p_id_type text[], p_id_value text[],
    p_co_msg int4[], p_co_kind text[], p_co_value text[], p_co_name text[], p_pf_msg int4[], p_pf_field text[],
    p_pf_value text[], p_email_norm text[], p_phone_e164 text[], p_form jsonb[] default null,
    p_run_end int4[] default null, p_run_key text[] default null,
    p_epoch int4 default null, p_hint bigint[] default null, p_settled boolean[] default null,
    out accepted boolean[], out home bigint[], out epoch int4
)
language plpgsql
set enable_seqscan = off
set enable_hashjoin = off
set enable_mergejoin = off
set jit = off
set max_parallel_workers_per_gather = 0
as $$
declare
    c_import constant int4 := 16;
    c_may_identify constant int4 := 32;
    c_enforces_consent constant int4 := 2048;
    -- A writer that read the state before a rotation may still insert; for as long, new keys go into both generations.
    c_overlap constant interval := '10 minutes';
    c_stored_flags constant int4 := 31 | 512;   -- the public source, for those who run the event once more
    v_count int4 := coalesce(cardinality(p_event_id), 0);
    v_records_only boolean := not ('identify' = any (p_type) or 'group' = any (p_type) or 'alias' = any (p_type));
    v_state record;             -- promoted: the traits that rows of `profiles` show; members: whether anybody is in a group
    v_any_flags int4 := p_flags[1];     -- of all messages: the flags that one has, and those that each has
    v_all_flags int4 := p_flags[1];
    v_fresh boolean[];
    v_all_fresh boolean;
    v_home bigint[];    -- node of each message; 0: unassigned, -1: a copy, not stored
    v_learned bigint[]; -- null: not to be remembered
    v_slow boolean[];
    v_any_slow boolean;
    v_node bigint;
    v_msg int4;
    v_owner bigint[] := '{}';   -- of the identifiers that slow messages name
    v_apart int4[] := '{}';     -- messages whose identifiers several nodes own
    v_found record;
    v_moving boolean;           -- whether a message may move when somebody was first or last seen
    v_seen_nodes bigint[] := '{}';      -- whose first or last seen may be moved, but for those of slow messages
    v_locked bigint[];          -- components that are held
    v_shown bigint[];           -- nodes whose e-mail address or phone an identify changes …
    v_promoting bigint[];       -- … or a promoted trait
    v_formed bigint[] := '{}';  -- nodes that submit forms
    v_refreshed bigint[];
    v_labels bigint[];          -- components whose rows of `profiles` are written anew
    v_dirty bigint[];
    v_accounts uuid[];          -- the account of each event
    v_named uuid[];             -- those that the calls named
    v_joined text[];            -- the groups that they joined anew
    v_crm boolean := to_regclass('contact_node') is not null;
begin
    -- Few statements, since starting one costs more than what it does for a single message.
    select
        s.reading_version, s.rules_version, s.epoch, s.promoted, exists (select from membership) as members, d.generation,
        d.rotated_at > now() - c_overlap and d.rotations > 0 as overlap, d.rotations > 0 as aged,
        exists (select from dedupe_import) as imported
    into v_state
    from identity_state s
    cross join dedupe_state d;
    if v_state.reading_version is distinct from p_reading_version then
        raise exception 'reading version % is not in force', p_reading_version using errcode = 'TD011';
    end if;
    if v_count = 0 then
        return;
    end if;
    if p_epoch <> v_state.epoch then
        -- By itself, because an expression with a query in it is a statement.
        if exists (
            select from unnest(p_hint) with ordinality h(node, pos) where h.node <> 0 and h.pos <> all (p_id_msg)
        ) then
            raise exception 'the hints are void and not all identifiers are there' using errcode = '40001';
        end if;
    end if;
    if p_flags <> array_fill(v_all_flags, array[v_count]) then
        select bit_or(u.flags), bit_and(u.flags) into v_any_flags, v_all_flags from unnest(p_flags) u(flags);
    end if;
    v_fresh := dedupe_messages(
        p_plans, p_event_id, p_flags, v_any_flags & c_import <> 0, v_state.generation, v_state.overlap, v_state.aged,
        v_state.imported
    );
    v_all_fresh := true = all (v_fresh);

    -- Most messages name identifiers of one profile that are known: their home is the owner of the first.
    v_home := coalesce(case when p_epoch = v_state.epoch then p_hint end, array_fill(0::bigint, array[v_count]));
    v_slow := array_fill(false, array[v_count]);
    if 0 = any (v_home) then
        for v_found in
            select
                i.msg, coalesce(max(x.node) filter (where i.before <> i.msg), 0) as first_node, count(x.node) < count(*) as unknown,
                min(x.node) <> max(x.node) as apart
            from unnest(p_id_msg, p_id_type, p_id_value, 0 || p_id_msg) i(msg, type, value, before)
            left join lateral (
                select o.node from identifier o where o.type = i.type and o.value = i.value offset 0
            ) x on true
            where v_home[i.msg] = 0
            group by i.msg
        loop
            v_home[v_found.msg] := v_found.first_node;
            if v_found.unknown then
                v_slow[v_found.msg] := true;
            elsif v_found.apart then
                v_apart := v_apart || v_found.msg;
            end if;
        end loop;
    end if;
    -- A source that may not identify only finds people: by the first identifier that is known.
    if v_all_flags & c_may_identify = 0 then
        for v_msg, v_node in
            select i.msg, coalesce((array_agg(x.node order by i.ord) filter (where x.node is not null))[1], 0)
            from unnest(p_id_msg, p_id_type, p_id_value) with ordinality i(msg, type, value, ord)
            left join lateral (
                select o.node from identifier o where o.type = i.type and o.value = i.value offset 0
            ) x on true
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
            cross join lateral (
                select (select n.component from node n where n.id = o.node) as component
                from identifier o where o.type = i.type and o.value = i.value offset 0
            ) n
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
    v_learned := v_home;
    if v_any_slow then
        v_learned := array(
            select case when not u.slow then u.node end
            from unnest(v_home, v_slow) with ordinality u(node, slow, pos)
            order by u.pos
        );
        foreach v_msg in array coalesce(recall_demotions(
            p_plans, v_slow, v_state.rules_version, v_state.epoch, p_event_id, p_message_id, p_id_msg, p_id_type, p_id_value
        ), '{}') loop
            v_slow[v_msg] := false;
        end loop;
        v_any_slow := true = any (v_slow);
    end if;
    if v_any_slow then
        v_owner := lock_identifiers(p_plans, v_slow, p_type, p_previous_id, p_id_msg, p_id_type, p_id_value);
    end if;
    if not v_records_only then
        select
            array_agg(distinct u.node) filter (where u.traits ?| array['email', 'phone']),
            array_agg(distinct u.node) filter (where u.traits ?| v_state.promoted)
        into v_shown, v_promoting
        from unnest(v_home, p_type, p_traits, v_slow) u(node, type, traits, slow)
        where u.node > 0 and not u.slow and u.type = 'identify' and u.traits is not null;
    end if;
    if p_form is not null then
        select coalesce(array_agg(u.node), '{}') into v_formed
        from unnest(v_home, p_form) u(node, form)
        where u.form is not null and u.node > 0;
    end if;
    p_settled := case when p_epoch = v_state.epoch then p_settled end;
    v_moving := p_settled is null or false = any (p_settled);
    if v_moving then
        v_seen_nodes := array(
            select distinct u.node
            from unnest(v_home, v_slow, p_settled) u(node, slow, settled)
            where u.node > 0 and not u.slow and u.settled is not true
        );
    end if;
    -- (Assignments instead of `perform`: those are no statements with an executor of their own.)
    v_locked := v_owner || v_shown || v_promoting || v_seen_nodes || v_formed;
    if v_locked <> '{}' then
        v_locked := lock_components(p_plans, v_locked);
    end if;

    v_refreshed := v_shown;
    if v_any_slow then
        v_home := resolve_messages(
            p_plans, v_home, v_slow, v_owner, v_state.rules_version, v_state.epoch, v_crm, p_event_id, p_message_id, p_type,
            p_ts, p_received_at, p_source, p_previous_id, p_id_msg, p_id_type, p_id_value
        );
        v_refreshed := v_refreshed || array(select u.node from unnest(v_home, v_slow) u(node, slow) where u.slow);
    end if;
    if v_refreshed is not null then
        select array_agg(distinct n.component) into v_labels from node n where n.id = any (v_refreshed);
    end if;

    if not v_records_only then
        perform apply_traits(p_plans, v_home, p_message_id, p_type, p_ts, p_source, p_traits);
    end if;
    if v_moving then
        perform apply_activity(p_plans, v_home, p_ts, p_settled, coalesce(v_labels, '{}'));
    end if;
    if v_labels is not null then
        perform refresh_profiles(p_plans, v_labels, false);
    end if;
    if v_state.promoted <> '{}' and (v_labels is not null or v_promoting is not null) then
        perform write_promoted(array(
            select l.label from unnest(v_labels) l(label)
            union
            select n.component from node n where n.id = any (v_promoting)
        ));
    end if;
    if v_any_flags & c_enforces_consent <> 0 then
        p_payload := enforce_consent(v_home, p_message_id, p_ts, p_source, p_flags, p_consent, p_payload);
    elsif array_remove(p_consent, null) <> '{}' then
        insert into consent_statement (node, ts, message_id, source, categories)
        select u.node, u.ts, u.message_id, u.source, u.consent
        from unnest(v_home, p_ts, p_message_id, p_source, p_consent) with ordinality u(node, ts, message_id, source, consent, pos)
        where u.consent is not null and u.node >= 0
        order by u.pos;
    end if;

    if v_state.members or p_co_msg <> '{}' or 'group' = any (p_type) then
        select a.accounts, a.named, a.joined into v_accounts, v_named, v_joined
        from place_accounts(
            p_plans, v_home, p_message_id, p_type, p_ts, p_flags, p_source, p_traits, p_group_id, p_email_norm,
            p_co_msg, p_co_kind, p_co_value, p_co_name
        ) a;
    end if;
    if 'group' = any (p_type) then
        perform feed_accounts(
            v_named, p_type, p_message_id, p_ts, p_flags, p_source, p_traits, p_co_msg, p_co_kind, p_co_value
        );
    end if;
    -- What only records changes nobody's record unless it names an account, submits a form or brings somebody new.
    if v_crm and (v_any_slow or p_co_msg <> '{}' or p_form is not null or not v_records_only) then
        perform place_people(
            p_plans, v_home, v_slow, v_named, v_joined, p_event_id, p_message_id, p_type, p_ts, p_flags, p_source,
            p_pf_msg, p_pf_field, p_pf_value, p_email_norm, p_phone_e164, p_form
        );
    end if;
    v_dirty := array_remove(array_remove(v_home, 0), -1);
    with stored as (
        insert into event_log (
            node, ts, received_at, event_id, message_id, type, name, account_id, source, session, flags, payload
        )
        select
            u.node, u.ts, u.received_at, u.event_id, u.message_id, u.type, u.name, u.account_id, u.source, u.session,
            u.flags & c_stored_flags, u.payload
        from unnest(
            v_home, p_ts, p_received_at, p_event_id, p_message_id, p_type, p_name, v_accounts, p_source, p_session, p_flags, p_payload
        ) u(node, ts, received_at, event_id, message_id, type, name, account_id, source, session, flags, payload)
        where u.node >= 0
    ), marked as (
        insert into dirty (nodes, at) select v_dirty, now() where v_dirty <> '{}'
    )
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
    ) r;

    accepted := v_fresh;
    if v_all_flags & c_may_identify <> 0 then
        home := array_replace(array_replace(v_learned, 0::bigint, null), -1::bigint, null);
    else
        home := array(
            select case when u.learned > 0 and u.flags & c_may_identify <> 0 then u.learned end
            from unnest(v_learned, p_flags) with ordinality u(learned, flags, pos)
            order by u.pos
        );
    end if;
    epoch := v_state.epoch;
end
$$;
