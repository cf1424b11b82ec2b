-- The consent of a live profile as the API shows it: {"categories": {name: {"granted", "at", "source", "message_id", "proof"}}}. Raises TD001.
create or replace function profile_consent(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_label bigint := profile_label(p_id);
begin
    return (
        select jsonb_build_object('profile_id', c.profile_id, 'categories', coalesce((
            select jsonb_object_agg(k.category, jsonb_strip_nulls(jsonb_build_object(
                'granted', k.granted, 'at', iso_time(k.ts), 'source', coalesce(s.name, case k.source when 0 then 'people' end),
                'message_id', nullif(k.message_id, ''), 'proof', k.proof)))
            from component_consent(c.label) k
            left join source s on s.id = k.source
        ), '{}'))
        from component c
        where c.label = v_label
    );
end
$$;
