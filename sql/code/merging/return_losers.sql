-- Brings the losers of a merge back as they were. A link that leads nowhere by now and a key that another record has taken are left
-- out: {loser: [field]}.
create or replace function return_losers(p_object jsonb, p_context jsonb, p_merge jsonb) returns jsonb
language plpgsql
as $$
declare
    v_items jsonb[];
    v_errors jsonb;
    v_lost jsonb := '{}';
    v_fields text[];
begin
    select array_agg(jsonb_build_object(
        'idx', n - 1, 'op', 'restore', 'id', l.row -> 'id', 'created', true, 'allow_duplicate', true,
        'new', l.row || jsonb_build_object('version', (l.row ->> 'version')::integer + 2, 'updated_at', now())
    ) order by n)
    into v_items
    from jsonb_array_elements(p_merge -> 'rows') with ordinality l(row, n);
    if p_object ->> 'object' in ('contact', 'lead') then
        -- The person is the winner's until the profiles are apart again.
        for i in 1 .. cardinality(v_items) loop
            v_items[i] := jsonb_set(v_items[i], '{new,profile_id}', case when v_items[i] #>> '{new,profile_id}' is null then 'null'
                else coalesce(merged_now(p_object, (p_merge ->> 'winner')::uuid) -> 'profile_id', 'null') end);
        end loop;
    end if;
    v_errors := missing_references(p_object, v_items);
    for i in 1 .. cardinality(v_items) loop
        v_fields := array(
            select substr(e ->> 'pointer', 2) from jsonb_array_elements(coalesce(v_errors -> i::text, '[]')) e
            union
            select c from lost_keys(p_object, v_items[i]) c
        );
        if v_fields <> '{}' then
            v_items[i] := jsonb_set(v_items[i], '{new}', (v_items[i] -> 'new') - v_fields);
            v_lost := v_lost || jsonb_build_object(v_items[i] ->> 'id', to_jsonb(v_fields));
        end if;
    end loop;
    perform insert_records(p_object, p_context, v_items);
    return v_lost;
end
$$;
