-- An event's payload without what p_rules leave out of it, since the person did not agree to their purposes. What was done stands in it as
-- consent_enforced: [{"purpose", "channel", "state": "denied"|"missing", "dropped": [path], "activation": "refuse"|"allow"}]; nothing where
-- all was agreed to. p_said: see consent_said.
create or replace function enforced_payload(p_payload jsonb, p_said jsonb, p_rules jsonb) returns jsonb
language plpgsql stable
as $$
declare
    v_payload jsonb := p_payload;
    v_done jsonb := '[]';
    v_rule jsonb;
    v_state text;
    v_path text[];
    v_dropped text[];
    v_drop text;
begin
    for v_rule in select r from jsonb_array_elements(p_rules) r loop
        v_state := consent_decision(p_said, v_rule ->> 'channel', v_rule ->> 'purpose');
        continue when v_state = 'granted' or v_state = 'missing' and v_rule ->> 'missing' = 'allow';
        v_dropped := '{}';
        for v_drop in select d from jsonb_array_elements_text(v_rule -> 'drop') d loop
            -- A key may have dots in it: only the first one divides.
            v_path := case
                when strpos(v_drop, '.') = 0 then array[v_drop]
                else array[split_part(v_drop, '.', 1), substr(v_drop, strpos(v_drop, '.') + 1)]
            end;
            if p_payload #> v_path is not null then
                v_dropped := v_dropped || v_drop;
                v_payload := v_payload #- v_path;
            end if;
        end loop;
        v_done := v_done || jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
            'purpose', v_rule -> 'purpose', 'channel', v_rule -> 'channel', 'state', v_state, 'dropped', v_dropped,
            'activation', v_rule -> 'activation')));
    end loop;
    return case when v_done = '[]' then p_payload else v_payload || jsonb_build_object('consent_enforced', v_done) end;
end
$$;
