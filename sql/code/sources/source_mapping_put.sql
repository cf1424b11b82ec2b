-- Puts rules into force for a source's messages from now on, as a new version, and answers them as source_mapping_get does.
-- p_expected: the version that the caller changes; null: whatever it is. The same rules again change nothing. Checked before
-- the call; raises TD001, and TD002 where p_expected is not in force.
create or replace function source_mapping_put(p_source text, p_expected int4, p_rules jsonb, p_author text) returns jsonb
language plpgsql
as $$
declare
    v_source int2 := source_number(p_source);
    v_version int4;
    v_rules jsonb;
begin
    -- One writer of reading rules at a time.
    perform from identity_state for update;
    select m.version, m.rules into v_version, v_rules
    from source_mapping m
    where m.source = v_source
    order by m.version desc
    limit 1;
    v_version := coalesce(v_version, 0);
    if p_expected <> v_version then
        raise exception 'the mapping is at version %', v_version using errcode = 'TD002', hint = v_version::text;
    end if;
    if p_rules is distinct from coalesce(v_rules, '[]') then
        insert into source_mapping (source, version, rules, author, created_at)
        values (v_source, v_version + 1, p_rules, p_author, now());
        update identity_state set reading_version = reading_version + 1;
        perform append_audit(
            p_author, 'source_mapping.write', 'source', v_source::text, jsonb_build_object('version', v_version + 1));
    end if;
    return source_mapping_get(p_source);
end
$$;
