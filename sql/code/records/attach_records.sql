-- Puts back around restored records what detach_records took: rows whose other ends are still there, references that are
-- still null. Adds detail {not_restored: {relation: rows}} where something is missing.
create or replace function attach_records(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[] := p_items;
    v_part record;
    v_relation jsonb;
    v_lost jsonb;
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
            v_lost := attach_references(v_part.relation, v_part.col, v_items);
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
