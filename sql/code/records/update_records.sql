-- Writes the changed fields of the existing records of a wave (one dynamic statement) and settles every item's outcome,
-- version and changes.
create or replace function update_records(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[];
    v_columns text;
begin
    if p_object -> 'companions' <> '{}' and exists (
        select from unnest(p_items) i where (i -> 'old' ->> 'normalizer_version')::integer <> normalizer_version())
    then
        p_items := stamp_forms(p_object, p_items);
    end if;
    select array_agg(
        case when i ? 'outcome' then i
            else i || jsonb_build_object(
                'changes', (
                    select coalesce(jsonb_object_agg(c.key, jsonb_build_array(i -> 'old' -> c.key, c.value)), '{}')
                    from jsonb_each(i -> 'new') c
                    where not (i ? 'created' and c.value = 'null')) || coalesce(i -> 'child_changes', '{}'),
                'outcome', case
                    when i ? 'created' then 'created'
                    when i -> 'new' = '{}' and coalesce(i -> 'child_changes', '{}') = '{}' then 'unchanged'
                    else 'updated' end,
                'version', case
                    when i ? 'created' then 1
                    else (i -> 'old' ->> 'version')::integer
                        + (i -> 'new' <> '{}' or coalesce(i -> 'child_changes', '{}') <> '{}')::integer end) end
        order by n)
    into v_items from unnest(p_items) with ordinality u (i, n);
    if not exists (select from unnest(v_items) i where i ->> 'outcome' = 'updated') then
        return v_items;
    end if;
    select string_agg(format(
        '%1$I = coalesce((jsonb_populate_record(t, u.new)).%1$I, %2$s)', c ->> 'name', coalesce(c ->> 'default', 'null')), ', ')
    into v_columns
    from jsonb_array_elements(p_object -> 'columns') c
    where exists (select from unnest(v_items) i where i ->> 'outcome' = 'updated' and i -> 'new' ? (c ->> 'name'));
    execute format(
        $q$
        update %1$I t
        set version = u.version, updated_at = now() %2$s
        from (
            select (i ->> 'id')::uuid as id, (i ->> 'version')::integer as version, i -> 'new' as new
            from unnest($1) i where i ->> 'outcome' = 'updated') u
        where t.id = u.id
        $q$, p_object ->> 'relation', coalesce(', ' || v_columns, ''))
    using v_items;
    return v_items;
end
$$;
