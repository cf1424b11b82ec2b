-- Puts rules of consent into force for a source's events from now on, as a new version, and answers them as source_consent_get does.
-- p_expected: the version that the caller changes; null: whatever it is. The same rules again change nothing. Checked before the call;
-- raises TD001, and TD002 where p_expected is not in force.
create or replace function source_consent_put(p_source text, p_expected int4, p_rules jsonb, p_author text) returns jsonb
language plpgsql
as $$
declare
    v_source int2 := source_number(p_source);
    v_now jsonb;
    v_version int4;
begin
    -- One writer of reading rules at a time.
    perform from identity_state for update;
    v_now := source_consent_get(p_source);
    v_version := (v_now ->> 'version')::int4;
    if p_expected <> v_version then
        raise exception 'the consent rules are at version %', v_version using errcode = 'TD002', hint = v_version::text;
    end if;
    if p_rules is distinct from v_now -> 'rules' then
        insert into source_consent (source, version, rules, author, created_at)
        values (v_source, v_version + 1, p_rules, p_author, now());
        update identity_state set reading_version = reading_version + 1;
        perform append_audit(
            p_author, 'source_consent.write', 'source', v_source::text, jsonb_build_object('version', v_version + 1));
    end if;
    return source_consent_get(p_source);
end
$$;
