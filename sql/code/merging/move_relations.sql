-- Gives the winner of a merge all that refers or belongs to the losers, and answers what it takes to give it back: relation →
-- [{"column", …}], see move_references and move_rows. Which relations there are is the catalog's to say.
create or replace function move_relations(p_object jsonb, p_context jsonb, p_winner uuid, p_losers uuid[]) returns jsonb
language plpgsql
as $$
declare
    v_moved jsonb := '{}';
    v_link record;
    v_part jsonb;
begin
    for v_link in
        select l.relation, l.col, o.object
        from (
            select r ->> 'relation' as relation, r ->> 'column' as col, (r ->> 'child')::boolean as is_child
            from jsonb_array_elements(references_to(p_object ->> 'relation')) r
            union all
            -- Some name their record by object and id, so that no foreign key can.
            select r ->> 'relation', r ->> 'column', r ->> 'relation' = 'activity_links' from jsonb_array_elements(loose_references()) r
        ) l
        left join object_description o on o.relation = l.relation and not l.is_child
        order by 1, 2
    loop
        if v_link.object is null then
            v_part := move_rows(v_link.relation, v_link.col, p_winner, p_losers);
        else
            v_part := move_references(p_context, v_link.object, v_link.relation, v_link.col, p_winner, p_losers);
        end if;
        if v_part is not null then
            v_moved := v_moved || jsonb_build_object(
                v_link.relation, coalesce(v_moved -> v_link.relation, '[]') || jsonb_build_array(v_part)
            );
        end if;
    end loop;
    return v_moved;
end
$$;
