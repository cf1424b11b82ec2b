-- Gives back what move_relations took, as far as it is still the winner's: {"returned", "missing"}, each {relation: rows}.
create or replace function return_relations(p_context jsonb, p_moved jsonb, p_winner uuid) returns jsonb
language plpgsql
as $$
declare
    v_part record;
    v_counts bigint[];
    v_back jsonb := '{"returned": {}, "missing": {}}';
begin
    for v_part in
        select m.key as relation, p.part, o.object
        from jsonb_each(p_moved) m
        cross join lateral jsonb_array_elements(m.value) p(part)
        left join object_description o on o.relation = m.key and p.part ? 'references'
        order by 1
    loop
        if v_part.object is null then
            v_counts := return_rows(v_part.relation, v_part.part, p_winner);
        else
            v_counts := return_references(p_context, v_part.object, v_part.relation, v_part.part, p_winner);
        end if;
        v_back := jsonb_build_object(
            'returned', v_back -> 'returned' || case when v_counts[1] = 0 or v_part.relation in ('contact_node', 'lead_node') then '{}'
                else jsonb_build_object(v_part.relation, coalesce((v_back #>> array['returned', v_part.relation])::bigint, 0) + v_counts[1])
                end,
            'missing', v_back -> 'missing' || case when v_counts[2] = 0 then '{}'
                else jsonb_build_object(v_part.relation, coalesce((v_back #>> array['missing', v_part.relation])::bigint, 0) + v_counts[2])
                end
        );
    end loop;
    return v_back;
end
$$;
