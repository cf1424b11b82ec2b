-- Records what messages say of consent and applies the rules of sources whose messages carry p_flags 2048, message by message: each is
-- judged by what its profile said up to and with it (profiles that later messages of the same batch join count as one already). Answers
-- the payloads as they are to be stored. Nothing else of a message is lost: it is stored, counted and resolved like any other.
create or replace function enforce_consent(
    p_home bigint[], p_message_id text[], p_ts timestamptz[], p_source int2[], p_flags int4[], p_consent jsonb[], p_payload jsonb[]
) returns jsonb[]
language plpgsql
as $$
declare
    c_enforces constant int4 := 2048;
    v_payload jsonb[] := p_payload;
    v_rules jsonb := (
        select coalesce(jsonb_object_agg(r.source, r.rules), '{}')
        from (
            select distinct on (s.source) s.source, s.rules
            from source_consent s
            where s.source = any (p_source)
            order by s.source, s.version desc
        ) r
    );
    v_said jsonb;
begin
    for v_pos in 1 .. cardinality(p_home) loop
        continue when p_home[v_pos] < 0;
        if p_consent[v_pos] is not null then
            insert into consent_statement (node, ts, message_id, source, categories)
            values (p_home[v_pos], p_ts[v_pos], p_message_id[v_pos], p_source[v_pos], p_consent[v_pos]);
        end if;
        continue when p_flags[v_pos] & c_enforces = 0 or not v_rules ? p_source[v_pos]::text;
        if p_home[v_pos] > 0 then
            v_said := consent_said((select n.component from node n where n.id = p_home[v_pos]));
        else
            -- Nobody's: what it says itself is all that there is.
            v_said := (
                select coalesce(jsonb_object_agg(c.key, jsonb_build_object('granted', c.value, 'ts', p_ts[v_pos])), '{}')
                from jsonb_each(p_consent[v_pos]) c
            );
        end if;
        v_payload[v_pos] := enforced_payload(v_payload[v_pos], v_said, v_rules -> p_source[v_pos]::text);
    end loop;
    return v_payload;
end
$$;
