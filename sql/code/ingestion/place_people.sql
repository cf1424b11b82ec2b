-- Contacts and leads from a batch. Where the source may write contacts, a person with a user id or an e-mail address and an
-- account gets a contact, and one with a contact has its fields and accounts kept up to date; where it may write leads only, an
-- identify with an address or number fills or makes a lead, and so does a form (p_form, see place_form), whatever the source may.
-- p_slow: messages that changed identity; p_named: their accounts; p_joined: per message the group that its person joined anew.
create or replace function place_people(
    p_plans anyelement,
    p_home bigint[], p_slow boolean[], p_named uuid[], p_joined text[], p_event_id uuid[], p_message_id text[], p_type text[],
    p_ts timestamptz[], p_flags int4[], p_source int2[], p_pf_msg int4[], p_pf_field text[], p_pf_value text[],
    p_email_norm text[], p_phone_e164 text[], p_form jsonb[]
) returns void
language plpgsql
as $$
declare
    c_contacts constant int4 := 128;
    c_leads constant int4 := 256;
    c_forms constant int2 := 8256;
    v_run record;
    v_any boolean;      -- whether anybody has an account or a contact
    v_merged bigint[];  -- components that messages of this batch have joined
    v_later text[];
    v_form int4;
begin
    -- Normal forms that SQL cannot derive, for what folds traits later.
    if p_pf_msg <> '{}' then
        insert into normal_form (kind, raw, norm, normalizer_version)
        select distinct on (f.kind, f.raw) f.kind, f.raw, f.norm, normalizer_version()
        from (
            select p.field as kind, p.value as raw,
                case p.field when 'email' then p_email_norm[p.msg] when 'phone' then p_phone_e164[p.msg] end as norm
            from unnest(p_pf_msg, p_pf_field, p_pf_value) p(msg, field, value)
            where p.field in ('email', 'phone') and p_home[p.msg] > 0
        ) f
        where f.norm is not null and f.norm is distinct from normal_form_of(f.kind, f.raw)
        order by f.kind, f.raw
        on conflict (kind, raw) do update set norm = excluded.norm, normalizer_version = excluded.normalizer_version;
    end if;

    if p_form is not null then
        -- One after the other, so that two forms of one person make one lead and turns are kept; before any lead is locked.
        perform from lock_bucket b where b.id = c_forms for update;
    end if;
    v_any := exists (select from membership) or exists (select from contact_node);
    -- Most batches end here: nobody whom they name has an account or a contact, and none of their sources makes leads.
    if p_form is null and not v_any and array_remove(coalesce(p_named, '{}'), null) = '{}'
        and not exists (select from unnest(p_flags) u(flags) where u.flags & c_contacts = 0 and u.flags & c_leads <> 0)
    then
        return;
    end if;

    if true = any (p_slow) then
        -- Each step by a key of its own: a join of these tables, planned while they were empty, reads all of them.
        v_merged := array(
            select distinct n.component from node n where n.id = any (array(
                select e.a from edge e where e.merge = any (array(
                    select m.id
                    from merge m
                    where m.created_at >= now() and m.message_id = any (array(
                        select u.id from unnest(p_message_id, p_slow) u(id, slow) where u.slow
                    ))
                ))
            ))
        );
    end if;
    -- A lead of an earlier message stays beside the contact of a later one, but not the other way round: one run of messages
    -- of a kind after the other. Forms, and messages of persons that this batch has joined, go one by one, the latter each
    -- knowing the joins before.
    for v_run in
        select r.alone, r.trusted, r.is_form, bool_or(r.wanted) as wanted, array_agg(r.pos order by r.pos) as msgs
        from (
            select m.*, case
                when m.alone or m.is_form then m.pos
                else
                    row_number() over (order by m.pos)
                    - row_number() over (partition by m.alone, m.trusted, m.is_form order by m.pos)
            end as run
            from (
                select
                    u.pos::int4, u.flags & c_contacts <> 0 as trusted, u.form is not null as is_form, w.wanted,
                    coalesce(n.component = any (v_merged), false) as alone
                from unnest(p_home, p_slow, p_named, p_type, p_flags, p_email_norm, p_phone_e164, p_form) with ordinality
                    u(node, slow, named, type, flags, email_norm, phone_e164, form, pos)
                left join lateral (select o.id, o.component from node o where o.id = u.node offset 0) n on u.node > 0
                cross join lateral (select case
                    when n.id is null then false
                    -- Who has no account and no contact gets none and has none to keep up to date.
                    when u.flags & c_contacts <> 0 then
                        u.named is not null
                        or v_any and (u.slow or u.type in ('identify', 'group', 'alias')) and coalesce(
                            (
                                select true
                                from node o
                                left join contact_node k on k.node = o.id
                                left join membership j on j.node = o.id
                                where o.component = n.component and (k.node is not null or j.node is not null)
                                limit 1
                            ),
                            false
                        )
                    else
                        u.flags & c_leads <> 0 and u.type = 'identify' and (u.email_norm is not null or u.phone_e164 is not null)
                end as wanted) w
                where w.wanted or u.form is not null and u.node >= 0
            ) m
        ) r
        group by r.alone, r.trusted, r.is_form, r.run
        order by min(r.pos)
    loop
        v_later := case when v_run.alone then p_message_id[v_run.msgs[1] + 1 :] end;
        if v_run.wanted and v_run.trusted then
            perform place_contacts(
                v_run.msgs, p_home, p_named, p_joined, p_event_id, p_message_id, p_ts, p_source,
                p_pf_msg, p_pf_field, p_pf_value, v_later
            );
        elsif v_run.wanted then
            perform place_leads(
                v_run.msgs, p_home, p_message_id, p_ts, p_source, p_pf_msg, p_pf_field, p_pf_value, p_email_norm, p_phone_e164,
                v_later
            );
        end if;
        if v_run.is_form and p_form[v_run.msgs[1]] ? 'activity' then
            v_form := v_run.msgs[1];
            perform place_activity(p_message_id[v_form], p_ts[v_form], p_source[v_form], p_form[v_form] -> 'activity');
        elsif v_run.is_form then
            v_form := v_run.msgs[1];
            perform place_form(
                p_home[v_form], p_event_id[v_form], p_message_id[v_form], p_ts[v_form], p_flags[v_form], p_source[v_form],
                p_form[v_form], v_later
            );
        end if;
    end loop;
end
$$;
