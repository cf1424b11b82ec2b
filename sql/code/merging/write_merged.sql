-- Writes the fields of a merge's winner and publishes the merge: history of all its records, outbox, audit. Raises TD003, TD004
-- where a chosen value cannot stand.
create or replace function write_merged(
    p_object jsonb, p_context jsonb, p_rows jsonb[], p_picked jsonb, p_choose jsonb
) returns void
language plpgsql
as $$
declare
    v_items jsonb[];
    v_oldest integer := (select min((r ->> 'normalizer_version')::integer) from unnest(p_rows) r);
begin
    v_items := check_records(p_object, array[jsonb_build_object(
        'idx', 0, 'op', 'update', 'id', p_rows[1] -> 'id', 'old', p_rows[1], 'given', '{}'::jsonb,
        'new', (select coalesce(jsonb_object_agg(f.key, f.value -> 'value'), '{}') from jsonb_each(p_picked) f)
            -- What comes of a loser is as old as it was there.
            || case when v_oldest < (p_rows[1] ->> 'normalizer_version')::integer
                then jsonb_build_object('normalizer_version', v_oldest) else '{}' end,
        'child_changes', jsonb_build_object('merged', jsonb_build_array(
            null, (select jsonb_agg(r -> 'id' order by n) from unnest(p_rows[2:]) with ordinality u(r, n))
        ))
    )]);
    if v_items[1] ->> 'code' = 'duplicate' then
        raise exception 'another record holds the key' using errcode = 'TD003', detail = v_items[1] ->> 'detail';
    elsif v_items[1] ? 'code' then
        raise exception 'not merged: %', v_items[1] ->> 'code' using errcode = 'TD004', detail = (
            select jsonb_agg(e || jsonb_build_object('pointer', '/choose' || (e ->> 'pointer')))
            from jsonb_array_elements(v_items[1] -> 'detail') e
        )::text;
    end if;
    v_items := update_records(p_object, v_items);
    if p_object ->> 'object' = 'contact' then
        perform sync_channels(array[(p_rows[1] ->> 'id')::uuid]);
    end if;
    perform publish_records(p_object, p_context, array[v_items[1] || '{"outcome": "merged"}'] || array(
        select jsonb_build_object(
            'id', r -> 'id', 'outcome', 'merged', 'version', (r ->> 'version')::integer + 1,
            'changes', jsonb_build_object('merged_into', jsonb_build_array(null, p_rows[1] -> 'id'))
        )
        from unnest(p_rows[2:]) with ordinality u(r, n)
        order by n
    ));
end
$$;
