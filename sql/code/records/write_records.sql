-- Writes records of any described object: the one way in for people, the API, imports, events and rules.
--
--   p_items  [{op: create|update|upsert|delete|restore, id?, match?: {field: value}, matches?: [{field: value}, …]
--              (instead: keys by preference, find_by_keys), if_match?: version, data: {field: value, …, child array: [{…}]}, fill?: {field: value} (where the record has none),
--              add?: {child array: [{…}]},
--              at?, message_id?, allow_duplicate?, only_empty?, node?, created_at?,
--              changed_at?, history?: [{stage_id, at}]}] (opportunities: see record_opportunity_history)
--   result   one row an item, by its position from 0. outcome error comes with the code and detail of sql/README.md and
--            changed nothing; the others may stand (the caller rolls back when it wants all or nothing).
--
-- data arrives validated and normalised. p_rank: 40 hand edit, 30 verified server source, 20 import, 10 public source;
-- p_source 0 is people. at and message_id of an item order values within a rank; p_at stands in for a missing at.
-- A call has the effect of its items one by one: it works in waves, and an item that meets a record or a key of an
-- earlier one waits for the next wave. Identity is touched only with p_connect (write_people).
create or replace function write_records(
    p_object text, p_source smallint, p_rank smallint, p_at timestamptz, p_actor text, p_cause text, p_items jsonb,
    p_connect boolean default false
) returns table (idx integer, id uuid, outcome text, version integer, code text, detail jsonb)
language plpgsql
-- Times become JSON on the way: one form, whoever calls.
set timezone to 'UTC'
-- Small statements, many of them: compiling or replanning them costs more than running them.
set jit to off
set plan_cache_mode to force_generic_plan
-- All is looked up by key. A plan that was made while a table was empty would read the whole of it until it is analyzed again,
-- and so would the checks of foreign keys.
set enable_seqscan to off
as $$
#variable_conflict use_column
declare
    v_object jsonb := describe_object(p_object);
    v_context jsonb := jsonb_build_object(
        'source', p_source, 'rank', p_rank, 'at', coalesce(p_at, now()), 'actor', p_actor, 'cause', p_cause)
        || case when p_connect then jsonb '{"connect": true}' else '{}' end;
    v_items jsonb[];
    v_previous integer[];
    v_count integer := jsonb_array_length(p_items);
    v_matches boolean := p_items @? '$[*].match' or p_items @? '$[*].matches';
    v_from integer := 1;
    v_to integer;
    v_wave jsonb[];
    v_done jsonb[] := '{}';
    v_fold uuid[];
    v_restored boolean := false;
begin
    if v_count = 1 then
        v_items := array[(p_items -> 0) || '{"idx": 0}'];
    else
        v_items := array(
            select i.value || jsonb_build_object('idx', i.ordinality - 1)
            from jsonb_array_elements(p_items) with ordinality i order by i.ordinality);
        v_previous := order_items(v_object, p_items);
    end if;
    if v_matches then
        perform lock_keys(p_object, p_items);
    end if;
    while v_from <= v_count loop
        v_to := v_from;
        while v_to < v_count and coalesce(v_previous[v_to + 1] < v_from, true) loop
            v_to := v_to + 1;
        end loop;
        v_wave := v_items[v_from:v_to];
        if v_matches then
            v_wave := match_records(v_object, v_wave);
        end if;
        v_to := v_from + cardinality(v_wave) - 1;
        case v_wave[1] ->> 'op'
            when 'delete' then v_wave := delete_records(v_object, v_context, v_wave);
            when 'restore' then
                v_wave := restore_records(v_object, v_context, v_wave);
                v_restored := true;
            else v_wave := save_records(v_object, v_context, v_wave);
        end case;
        v_done := v_done || v_wave;
        v_from := v_to + 1;
    end loop;
    if p_connect and p_object = 'contact' and exists (select from unnest(v_done) d where not d ? 'by_email') then
        perform attach_contact_emails(array(
            select (d ->> 'id')::uuid from unnest(v_done) d
            where d ->> 'outcome' in ('created', 'updated') and d -> 'data' ?| array['email', 'channels'] and not d ? 'by_email'),
            p_source, coalesce(p_at, now()), p_actor);
    end if;
    perform publish_records(v_object, v_context, v_done);
    if v_restored then
        perform publish_attached(v_context, v_done);
    end if;
    if p_connect then
        v_fold := array(select (d ->> 'id')::uuid from unnest(v_done) d where d ? 'fold' and d ->> 'outcome' = 'created');
    end if;
    if v_fold <> '{}' then
        -- After its creation is told: what events said of its person is a change of its own.
        perform refold_contacts(v_fold);
        v_done := array(
            select case when c.version is null then d else d || jsonb_build_object('version', c.version) end
            from unnest(v_done) d left join record_versions(p_object, v_fold) c on c.id = (d ->> 'id')::uuid);
    end if;
    return query
        select (w ->> 'idx')::integer, (w ->> 'id')::uuid, w ->> 'outcome', (w ->> 'version')::integer,
            w ->> 'code', w -> 'detail'
        from unnest(v_done) w
        order by 1;
end
$$;
