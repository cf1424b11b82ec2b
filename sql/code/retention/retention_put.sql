-- Puts rules into force, as a new version, and answers them as retention_get does. p_expected: the version that the caller changes; null:
-- whatever it is. The same rules again change nothing. Checked before the call; raises TD002.
create or replace function retention_put(p_expected int4, p_rules jsonb, p_author text) returns jsonb
language plpgsql
as $$
declare
    v_now jsonb;
    v_version int4;
begin
    lock table event_retention in share row exclusive mode;
    v_now := retention_get();
    v_version := (v_now ->> 'version')::int4;
    if p_expected <> v_version then
        raise exception 'the retention rules are at version %', v_version using errcode = 'TD002', hint = v_version::text;
    end if;
    if p_rules is distinct from v_now -> 'rules' then
        insert into event_retention (version, rules, author, created_at) values (v_version + 1, p_rules, p_author, now());
        perform append_audit(
            p_author, 'event_retention.write', 'event_retention', (v_version + 1)::text, jsonb_build_object('rules', p_rules));
    end if;
    return retention_get();
end
$$;
