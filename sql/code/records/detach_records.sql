-- Takes records out of what surrounds them and returns, per record id, what it takes to put them back:
--   {rows: {relation: [row]}, references: {relation: {column: [id]}}}
-- Rows that belong to a record are deleted; other records' references to it become null, with a version and a line of
-- history of their own. Dynamic: relations and columns come from the catalog.
create or replace function detach_records(p_object jsonb, p_context jsonb, p_ids uuid[]) returns jsonb
language plpgsql
as $$
declare
    v_kept jsonb := '{}';
    v_part jsonb;
    v_link jsonb;
begin
    for v_link in
        select r || jsonb_build_object('owned', (r ->> 'child')::boolean or p_object -> 'owned' ? (r ->> 'relation'))
        from jsonb_array_elements(references_to(p_object ->> 'relation')) r
        where (r ->> 'child')::boolean or p_object -> 'owned' ? (r ->> 'relation')
            or (r ->> 'optional')::boolean and not (p_object ->> 'kept_while_used')::boolean
        union all
        select r from jsonb_array_elements(loose_references()) r
    loop
        if (v_link ->> 'owned')::boolean then
            execute format(
                $q$
                with gone as (delete from %1$I t where t.%2$I = any ($1) returning t.%2$I as id, to_jsonb(t) as row)
                select jsonb_object_agg(id, jsonb_build_object('rows', jsonb_build_object(%1$L, rows)))
                from (select id, jsonb_agg(row) as rows from gone group by id) g
                $q$, v_link ->> 'relation', v_link ->> 'column')
            into v_part using p_ids;
        else
            v_part := null_references(p_context, v_link ->> 'relation', v_link ->> 'column', p_ids);
        end if;
        v_kept := merge_kept(v_kept, v_part);
    end loop;
    return v_kept;
end
$$;
