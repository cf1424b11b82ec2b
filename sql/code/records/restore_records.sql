-- Brings one wave of records back from the bin with what belonged to them. A reference that leads nowhere now is left out, and comes
-- back with what it led to if that lies in the bin too; a key that another record took meanwhile is an error, and so is an address or a
-- number that somebody asked to be kept out; references that were nulled come back where they are still null (attached: what is to be told
-- of them). What could not be put back is in detail: {not_restored: {relation: rows}}.
create or replace function restore_records(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[];
    v_gone jsonb;
begin
    select array_agg(
        case when i ? 'outcome' then i
            when b.data is null then i || '{"outcome": "error", "code": "not_found"}'
            else i || jsonb_build_object('created', true, 'allow_duplicate', true, 'children', b.children,
                'new', b.data || jsonb_build_object('version', (b.data ->> 'version')::integer + 2)) end
        order by n)
    into v_items
    from unnest(p_items) with ordinality u (i, n)
    left join bin b on b.record_id = (i ->> 'id')::uuid and b.object = p_object ->> 'object';
    if is_restricted() then
        v_items := restrict_restores(p_object, v_items);
    end if;
    if p_object ->> 'object' in ('contact', 'lead') then
        v_items := refuse_suppressed(restored_persons(p_object ->> 'object', v_items));
    end if;
    v_gone := missing_references(p_object, v_items);
    select array_agg(
        case when not v_gone ? n::text then i
            else jsonb_set(i, '{new}', (i -> 'new') - g.columns) || jsonb_build_object(
                'left_out', (select jsonb_object_agg(c, i -> 'new' -> c) from unnest(g.columns) c),
                'changes', (select jsonb_object_agg(c, jsonb_build_array(i -> 'new' -> c, null)) from unnest(g.columns) c)) end
        order by n)
    into v_items
    from unnest(v_items) with ordinality u (i, n)
    cross join lateral (
        select array(select substr(e ->> 'pointer', 2) from jsonb_array_elements(v_gone -> n::text) e) as columns) g;
    v_items := check_records(p_object, v_items);
    perform insert_records(p_object, p_context, v_items);
    if v_gone <> '{}' then
        perform remember_references(p_object, v_items);
    end if;
    v_items := hang_restored(p_object, attach_records(p_object, v_items));
    delete from bin b
    using unnest(v_items) i
    where not i ->> 'outcome' is not distinct from 'error' and b.record_id = (i ->> 'id')::uuid;
    select array_agg(
        case when i ? 'outcome' then i
            else i || jsonb_build_object('outcome', 'restored', 'version', i -> 'new' -> 'version', 'changes', coalesce(i -> 'changes', '{}'))
        end
        order by n)
    into v_items from unnest(v_items) with ordinality u (i, n);
    if p_object ->> 'object' = 'contact' then
        perform refold_contacts(array(
            select (i ->> 'id')::uuid from unnest(v_items) i where i ->> 'outcome' = 'restored' order by 1));
    end if;
    return v_items;
end
$$;
