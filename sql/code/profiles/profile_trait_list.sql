-- Traits of a profile with where each comes from, by key. Raises TD001. (The view of the same name is what BI reads.)
create or replace function profile_trait_list(p_id uuid) returns table (trait text, item jsonb)
language plpgsql stable
as $$
declare
    v_label bigint := profile_label(p_id);
begin
    return query
    select t.trait, jsonb_build_object(
        'trait', t.trait, 'value', t.value, 'ts', iso_time(t.ts), 'message_id', t.message_id, 'source', s.name
    )
    from component_traits(v_label) t
    left join source s on s.id = t.source
    order by t.trait collate "C";
end
$$;
