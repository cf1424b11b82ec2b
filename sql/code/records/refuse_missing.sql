-- Marks as errors the items that do not fit their record: none there to update, one there already to create, another
-- version than the one named. A record that was merged away says into which.
create or replace function refuse_missing(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql stable
as $$
begin
    return (
        select array_agg(
            case
                when i ? 'outcome' then i
                when i ? 'created' and i ->> 'op' not in ('create', 'upsert') then
                    i || jsonb_build_object('outcome', 'error', 'code', 'not_found', 'detail',
                        (select jsonb_build_object('merged_into', r.new_id) from record_redirect r
                         where r.old_id = (i ->> 'id')::uuid and r.object = p_object ->> 'object'
                            and readable_ids(r.object, array[r.new_id]) <> '{}'))
                when not i ? 'created' and i ->> 'op' = 'create' then
                    i || jsonb_build_object('outcome', 'error', 'code', 'duplicate',
                        'detail', jsonb_build_object('ids', jsonb_build_array(i -> 'id')))
                when i ->> 'if_match' is not null
                    and coalesce(i -> 'old' -> 'version', '0') is distinct from (i -> 'if_match') then
                    i || jsonb_build_object('outcome', 'error', 'code', 'version_mismatch',
                        'detail', jsonb_build_object('version', i -> 'old' -> 'version'))
                else i
            end
            order by n)
        from unnest(p_items) with ordinality u (i, n));
end
$$;
