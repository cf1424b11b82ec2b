-- Puts back around restored records what detach_records took: rows whose other ends are still there, references that are
-- still null. Adds detail {not_restored: {relation: rows}} where something is missing, and attached
-- [{relation, column, change: [id, version, null, record id]}] for publish_attached.
create or replace function attach_records(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[] := p_items;
    v_part record;
    v_relation jsonb;
    v_lost jsonb;
    v_answer jsonb;
begin
    for v_part in
        select distinct 'rows' as kind, r.key as relation, null as col
        from unnest(p_items) i, jsonb_each(i -> 'children' -> 'rows') r where not i ? 'outcome'
        union all
        select distinct 'references', r.key, c.key
        from unnest(p_items) i, jsonb_each(i -> 'children' -> 'references') r, jsonb_each(r.value) c
        where not i ? 'outcome'
        -- Stages before the stays in them: rows that belong come before rows that refer.
        order by 1 desc, 2
    loop
        v_relation := describe_relation(v_part.relation);
        if v_part.kind = 'rows' then
            v_lost := attach_rows(v_part.relation, v_relation, v_items);
        else
            v_answer := attach_references(v_part.relation, v_part.col, v_items);
            v_lost := v_answer -> 'lost';
            select array_agg(
                case when c.changes is null then i else i || jsonb_build_object('attached', coalesce(i -> 'attached', '[]') || c.changes) end
                order by n)
            into v_items
            from unnest(v_items) with ordinality u (i, n)
            left join (
                select k.value ->> 3 as id, jsonb_agg(jsonb_build_object(
                    'relation', v_part.relation, 'column', v_part.col, 'change', k.value) order by k.ordinality) as changes
                from jsonb_array_elements(v_answer -> 'changed') with ordinality k group by 1) c on c.id = i ->> 'id';
        end if;
        select array_agg(
            case when not v_lost ? (i ->> 'id') then i
                else i || jsonb_build_object('detail', coalesce(i -> 'detail', '{}') || jsonb_build_object('not_restored',
                    coalesce(i -> 'detail' -> 'not_restored', '{}')
                        || jsonb_build_object(v_part.relation, v_lost -> (i ->> 'id')))) end
            order by n)
        into v_items from unnest(v_items) with ordinality u (i, n);
    end loop;
    return v_items;
end
$$;
