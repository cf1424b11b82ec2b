-- The winner of a merge that is taken back, as an item of update_records: what the merge did to its fields is as before, where it
-- still shows and nobody has said it again. A link to a loser waits until that is back (return_own_links). What events feed into a contact is folded anew afterwards instead.
create or replace function emptied_winner(p_object jsonb, p_merge jsonb, p_row jsonb) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'idx', 0, 'op', 'update', 'id', p_row -> 'id', 'old', p_row, 'given', '{}'::jsonb,
        'child_changes', jsonb_build_object('merged', jsonb_build_array(p_merge -> 'losers', null)),
        'new', (
            select coalesce(jsonb_object_agg(f.key, coalesce(f.value -> 'old', 'null')), '{}')
            from jsonb_each(p_merge -> 'fields') f
            where (f.key <> 'profile_id' or f.value ->> 'old' is null) and not coalesce(p_merge -> 'losers' ? (f.value ->> 'old'), false) and coalesce(p_row -> f.key, 'null') = f.value -> 'new'
              and p_object -> 'columns' @> jsonb_build_array(jsonb_build_object('name', f.key))
              and not exists (
                select from field_source s
                where s.record_id = (p_row ->> 'id')::uuid and s.rank = 40 and s.at > (p_merge ->> 'at')::timestamptz
                  and s.field = coalesce(p_object -> 'companions' ->> f.key, f.key)
            )
        ) || case
            -- The normal form was made anew since, of what the merge brought: doctor --fix makes it of what is there now.
            when exists (
                select from jsonb_each(p_merge -> 'fields') f
                join jsonb_each_text(p_object -> 'companions') c on c.key = f.key
                where coalesce(p_row -> f.key, 'null') <> f.value -> 'new'
                  and coalesce(p_row -> c.value, 'null') = coalesce(p_merge #> array['fields', c.value, 'new'], 'null'))
            then '{"normalizer_version": 0}' else '{}' end::jsonb
    )
$$;
