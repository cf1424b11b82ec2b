-- Puts rules into force, as a new version, for events from now on, and answers them as identity_rules_get does. What p_rules
-- leaves out has the default. p_expected: the version that the caller changes; null: whatever it is. Checked before the call; raises
-- TD002 where p_expected is not in force, TD004 for what the tables refuse.
create or replace function identity_rules_put(p_expected int4, p_rules jsonb, p_author text) returns jsonb
language plpgsql
as $$
declare
    c_default constant jsonb := '{
        "identifiers": [
            {"type": "user_id", "priority": 1, "limit": 1, "window": "ever"},
            {"type": "email", "priority": 2, "limit": 5, "window": "ever"}
        ],
        "default": {"limit": 5, "window": "ever"},
        "blocked": ["", "-1", "null", "anonymous", "[object Object]", "undefined", "NaN", "None"],
        "blocked_patterns": ["^[0-]*$"],
        "max_ids": 1000,
        "max_merges": 100,
        "anomaly_ids_per_hour": 20
    }';
    v_rules jsonb := c_default || (coalesce(p_rules, '{}') - '{version,author,created_at}'::text[]);
    v_version int4;
begin
    -- One writer at a time; the table has few rows.
    lock table identity_rules in share row exclusive mode;
    select coalesce(max(r.version), 0) + 1 into v_version from identity_rules r;
    if p_expected <> v_version - 1 then
        raise exception 'the identity rules are at version %', v_version - 1
            using errcode = 'TD002', hint = (v_version - 1)::text;
    end if;
    v_rules := v_rules || jsonb_build_object('default', (c_default -> 'default') || (v_rules -> 'default'));
    insert into identity_rules (version, rules, author, created_at) values (v_version, v_rules, p_author, now());

    delete from identity_limit;
    insert into identity_limit (type, priority, max_values, window_days)
    select
        i.rule ->> 'type', coalesce((i.rule ->> 'priority')::int4, i.pos::int4),
        case
            when i.rule ? 'limit' then (i.rule ->> 'limit')::int4
            when i.rule ->> 'type' = 'user_id' then 1
            else (v_rules #>> '{default,limit}')::int4
        end,
        rule_window_days(coalesce(
            i.rule ->> 'window',
            case when i.rule ->> 'type' = 'user_id' then 'ever' else v_rules #>> '{default,window}' end
        ))
    from jsonb_array_elements(v_rules -> 'identifiers') with ordinality i(rule, pos);
    -- A user id is one for ever, also where the rules do not list it.
    insert into identity_limit (type, priority, max_values) values ('user_id', 0, 1) on conflict (type) do nothing;

    insert into identity_state (rules_version, default_max_values, default_window_days, max_ids, max_merges, anomaly_ids, windowed)
    values (
        v_version, (v_rules #>> '{default,limit}')::int4, rule_window_days(v_rules #>> '{default,window}'),
        (v_rules ->> 'max_ids')::int4, (v_rules ->> 'max_merges')::int4, (v_rules ->> 'anomaly_ids_per_hour')::int4,
        rule_window_days(v_rules #>> '{default,window}') is not null
            or exists (select from identity_limit l where l.window_days is not null)
    )
    on conflict (singleton) do update
    set rules_version = excluded.rules_version, reading_version = identity_state.reading_version + 1,
        epoch = identity_state.epoch + 1,
        default_max_values = excluded.default_max_values, default_window_days = excluded.default_window_days,
        max_ids = excluded.max_ids, max_merges = excluded.max_merges, anomaly_ids = excluded.anomaly_ids,
        windowed = excluded.windowed;
    perform append_audit(p_author, 'identity_rules.write', 'identity_rules', v_version::text, '{}');
    return identity_rules_get();
exception
    when check_violation or unique_violation or invalid_text_representation or not_null_violation then
        raise exception 'the rules are refused: %', sqlerrm
            using errcode = 'TD004',
            detail = jsonb_build_array(jsonb_build_object('pointer', '', 'code', 'invalid', 'detail', sqlerrm))::text;
end
$$;
