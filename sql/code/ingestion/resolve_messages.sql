-- Finds or makes the home node of each message that p_slow marks, in order, by the loop of the identity rules: an identifier
-- that would break a rule is dropped, lowest priority first; what is left is attached to home, and further owners are joined
-- to it. p_home and the other arrays are those of the batch, by position. Answers p_home with the homes put in. This is the
-- slow path: messages that name only known identifiers of one profile do not come here.
-- p_owner: of lock_identifiers. The caller has locked the components of these nodes.
create or replace function resolve_messages(
    p_plans anyelement, p_home bigint[], p_slow boolean[], p_owner bigint[], p_rules_version int4, p_epoch int4, p_crm boolean,
    p_event_id uuid[], p_message_id text[], p_type text[], p_ts timestamptz[], p_received_at timestamptz[], p_source int2[],
    p_previous_id text[], p_id_msg int4[], p_id_type text[], p_id_value text[]
) returns bigint[]
language plpgsql
as $$
declare
    v_state record;
    v_owner bigint[] := p_owner;    -- per distinct identifier (number k) the node that owns it, 0: nobody
    v_label bigint[];   -- and that node's component
    v_msg record;
    v_n int4;           -- how many identifiers of the message are left
    v_k int4;
    v_labels bigint[];  -- the components they name, by priority
    v_ends bigint[];    -- per component the node that owns its highest-priority identifier on the message
    v_new text[];       -- types of those that nobody owns
    v_alike boolean;    -- whether two of these are of one type
    v_rule text;
    v_demoted jsonb;    -- [[position, rule], …]
    v_home bigint;
    v_home_label bigint;
    v_merged bigint;
    v_node bigint[] := '{}';        -- made here and not written yet: nodes …
    v_node_label bigint[] := '{}';
    v_node_public uuid[] := '{}';
    v_to_type text[] := '{}';       -- … and identifiers
    v_to_value text[] := '{}';
    v_to_node bigint[] := '{}';
    v_to_label bigint[] := '{}';
    v_to_msg int4[] := '{}';
begin
    select s.max_ids, s.windowed into v_state from identity_state s;
    select array_agg(coalesce(n.component, 0) order by o.k) into v_label
    from unnest(p_owner) with ordinality o(node, k)
    left join lateral (select h.component from node h where h.id = o.node offset 0) n on true;

    for v_msg in
        select
            i.msg, array_agg(i.k order by i.ord) as ks, array_agg(i.type order by i.ord) as types,
            array_agg(i.value order by i.ord) as values, bool_or(i.alias) as alias
        from (
            select
                s.msg, s.ord, s.type, s.value, s.alias,
                dense_rank() over (order by s.type collate "C", s.value collate "C")::int4 as k
            from named_identifiers(p_slow, p_type, p_previous_id, p_id_msg, p_id_type, p_id_value) s
        ) i
        group by i.msg
        order by i.msg
    loop
        v_n := cardinality(v_msg.ks);
        if v_msg.alias then
            -- previousId stands last, as user_id and as anonymous_id: the latter counts if nobody owns the former.
            if v_owner[v_msg.ks[v_n - 1]] = 0 then
                v_msg.ks[v_n - 1] := v_msg.ks[v_n];
                v_msg.types[v_n - 1] := v_msg.types[v_n];
            end if;
            v_n := v_n - 1;
            if v_msg.ks[v_n] = any (v_msg.ks[1 : v_n - 1]) then
                v_n := v_n - 1;
            end if;
        end if;

        v_demoted := '[]';
        loop
            v_labels := '{}';
            v_ends := '{}';
            v_new := '{}';
            v_alike := false;
            for i in 1 .. v_n loop
                v_k := v_msg.ks[i];
                if v_label[v_k] = 0 then
                    v_alike := v_alike or v_msg.types[i] = any (v_new);
                    v_new := v_new || v_msg.types[i];
                elsif v_label[v_k] <> all (v_labels) then
                    v_labels := v_labels || v_label[v_k];
                    v_ends := v_ends || v_owner[v_k];
                end if;
            end loop;
            -- One identifier breaks nothing, nor does a step that adds nothing, nor a new person with one of each type.
            exit when v_n <= 1 or (v_new = '{}' and cardinality(v_labels) = 1)
                or (v_labels = '{}' and not v_alike and v_n <= v_state.max_ids);
            -- The rules read tables: what was made of these components so far has to stand there.
            if v_labels && v_node_label or v_labels && v_to_label then
                perform write_identities(
                    p_plans, v_node, v_node_label, v_node_public, v_to_type, v_to_value, v_to_node, v_to_label, v_to_msg,
                    p_event_id, p_ts, p_source
                );
                v_node := '{}'; v_node_label := '{}'; v_node_public := '{}';
                v_to_type := '{}'; v_to_value := '{}'; v_to_node := '{}'; v_to_label := '{}'; v_to_msg := '{}';
            end if;
            v_rule := violated_rule(v_labels, v_new, p_ts[v_msg.msg], p_crm);
            exit when v_rule is null;
            if v_rule in ('review', 'anomaly')
                and not v_demoted @? 'strict $[*] ? (@[1] == "review" || @[1] == "anomaly")'
            then
                perform open_review(
                    p_message_id[v_msg.msg], case v_rule when 'review' then 'accounts' else 'anomaly' end, v_ends,
                    p_ts[v_msg.msg], jsonb_build_object('type', p_type[v_msg.msg])
                );
            end if;
            v_demoted := v_demoted || jsonb_build_array(jsonb_build_array(v_n, v_rule));
            v_n := v_n - 1;
        end loop;
        if v_demoted <> '[]' then
            perform record_demotions(
                v_msg.types, v_msg.values, v_demoted, p_event_id[v_msg.msg], p_message_id[v_msg.msg], p_rules_version,
                case when v_new = '{}' and cardinality(v_labels) = 1 and not v_state.windowed and not v_msg.alias
                    then p_epoch end
            );
        end if;

        if v_labels <> '{}' then
            v_home := v_ends[1];
            v_home_label := v_labels[1];
        else
            v_home := nextval('node_id_seq');
            v_home_label := nextval('component_label');
            v_node := v_node || v_home;
            v_node_label := v_node_label || v_home_label;
            v_node_public := v_node_public || uuidv7();
        end if;
        p_home[v_msg.msg] := v_home;
        for i in 1 .. v_n loop
            v_k := v_msg.ks[i];
            if v_label[v_k] = 0 then
                v_owner[v_k] := v_home;
                v_label[v_k] := v_home_label;
                v_to_type := v_to_type || v_msg.types[i];
                v_to_value := v_to_value || v_msg.values[i];
                v_to_node := v_to_node || v_home;
                v_to_label := v_to_label || v_home_label;
                v_to_msg := v_to_msg || v_msg.msg;
            end if;
        end loop;
        if cardinality(v_labels) > 1 then
            if v_labels && v_node_label or v_labels && v_to_label then
                perform write_identities(
                    p_plans, v_node, v_node_label, v_node_public, v_to_type, v_to_value, v_to_node, v_to_label, v_to_msg,
                    p_event_id, p_ts, p_source
                );
                v_node := '{}'; v_node_label := '{}'; v_node_public := '{}';
                v_to_type := '{}'; v_to_value := '{}'; v_to_node := '{}'; v_to_label := '{}'; v_to_msg := '{}';
            end if;
            v_merged := join_for_message(
                p_message_id[v_msg.msg], p_received_at[v_msg.msg], v_ends, case when v_msg.alias then 'alias' else 'event' end,
                p_ts[v_msg.msg], v_msg.types[1 : v_n], v_msg.values[1 : v_n]
            );
            for i in 1 .. cardinality(v_labels) loop
                v_label := array_replace(v_label, v_labels[i], v_merged);
            end loop;
        end if;
    end loop;

    perform write_identities(
        p_plans, v_node, v_node_label, v_node_public, v_to_type, v_to_value, v_to_node, v_to_label, v_to_msg,
        p_event_id, p_ts, p_source
    );
    return p_home;
end
$$;
