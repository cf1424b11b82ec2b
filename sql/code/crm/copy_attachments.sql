-- Gives the files of one record to others as well, [{"object", "id"}], and answers the copies: [{"object", "id"}] with the id of
-- each attachment made. The bytes are shared.
create or replace function copy_attachments(p_from uuid, p_to jsonb, p_actor text, p_cause text) returns jsonb
language plpgsql
as $$
declare
    v_items jsonb := (
        select jsonb_agg(jsonb_build_object('op', 'create', 'data', jsonb_build_object(
            'object', t.value -> 'object', 'object_id', t.value -> 'id', 'file_name', a.file_name, 'media_type', a.media_type,
            'size_bytes', a.size_bytes, 'sha256', a.sha256, 'owner_id', a.owner_id, 'tags', a.tags
        )) order by a.created_at, a.id, t.ordinality)
        from attachments a
        cross join jsonb_array_elements(p_to) with ordinality t
        where a.object_id = p_from
    );
begin
    if v_items is null then
        return '[]';
    end if;
    return (
        select jsonb_agg(jsonb_build_object('object', v_items #> array[w.idx::text, 'data', 'object'], 'id', w.id) order by w.idx)
        from write_records('attachment', 0::int2, 20::int2, now(), p_actor, p_cause, v_items) w
    );
end
$$;
