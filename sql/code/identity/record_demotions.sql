-- Stores which identifiers of an event a rule kept out: p_demoted is [[position in the event's list, rule], …]. With an epoch
-- the list is remembered: the same list again will end the same way, without asking the rules, as long as the epoch stands.
create or replace function record_demotions(
    p_types text[], p_values text[], p_demoted jsonb, p_event_id uuid, p_message_id text, p_rules_version int4, p_epoch int4
) returns void
language plpgsql
as $$
begin
    insert into demotion (event_id, message_id, type, value, rule, rules_version, created_at)
    select p_event_id, p_message_id, p_types[(d.item ->> 0)::int4], p_values[(d.item ->> 0)::int4], d.item ->> 1,
        p_rules_version, now()
    from jsonb_array_elements(p_demoted) with ordinality d(item, ord)
    order by d.ord;

    -- What a person may decide, and what an hour changes, is asked anew.
    if p_epoch is not null and not p_demoted @? 'strict $[*] ? (@[1] == "review" || @[1] == "anomaly")' then
        insert into demotion_memo (key, epoch, rules_version, demoted)
        select identifier_list_key(string_agg(u.type || E'\x1f' || u.value, E'\x1e' order by u.ord)), p_epoch, p_rules_version,
            p_demoted
        from unnest(p_types, p_values) with ordinality u(type, value, ord)
        on conflict (key) do update
        set epoch = excluded.epoch, rules_version = excluded.rules_version, demoted = excluded.demoted;
    end if;
end
$$;
