-- Marks as errors the items that may not be written: required fields missing, references to records that are not there,
-- keys that other records hold. The dynamic statements look up links and keys; names come from the catalog.
create or replace function check_records(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[] := p_items;
    v_wrong jsonb := '{}';
    v_taken jsonb;
    v_needed jsonb := p_object -> 'needed';
begin
    if p_object -> 'links' @> jsonb_build_array(jsonb_build_object('relation', p_object -> 'relation')) then
        perform lock_hierarchy(p_object, p_items);
    end if;
    if exists (
        select from unnest(p_items) i, jsonb_array_elements_text(p_object -> 'linked') k
        where i -> 'new' ? k or i -> 'data' ? k or i ? 'add')
    then
        v_wrong := missing_references(p_object, p_items);
    end if;
    if v_needed <> '[]' or v_wrong <> '{}' then
        with item as (select i, n from unnest(p_items) with ordinality u (i, n)),
        lacking as (
            select n, jsonb_agg(jsonb_build_object('pointer', '/' || c, 'code', 'required', 'detail', 'is required')) as errors
            from item, jsonb_array_elements_text(v_needed) c
            where coalesce(i -> 'new' -> c, case when i ? 'created' then 'null'::jsonb else '0' end) = 'null'
            group by n)
        select array_agg(
            case when i ? 'outcome' or l.errors is null and not v_wrong ? n::text then i
                else i || jsonb_build_object('outcome', 'error', 'code', 'validation_failed',
                    'detail', coalesce(l.errors, '[]') || coalesce(v_wrong -> n::text, '[]')) end
            order by n)
        into v_items
        from item left join lacking l using (n);
    end if;
    v_taken := taken_keys(p_object, v_items);
    if v_taken <> '{}' then
        select array_agg(
            case when i ? 'outcome' or not v_taken ? n::text then i
                else i || jsonb_build_object('outcome', 'error', 'code', 'duplicate',
                    'detail', shown_holders(p_object ->> 'object', v_taken -> n::text)) end
            order by n)
        into v_items from unnest(v_items) with ordinality u (i, n);
    end if;
    return v_items;
end
$$;
