-- Identifiers of a profile, in the order in which they were attached. Raises TD001.
create or replace function profile_identifier_list(p_id uuid) returns table (type text, value text, item jsonb)
language plpgsql stable
as $$
declare
    v_label bigint := profile_label(p_id);
begin
    return query
    select i.type, i.value, jsonb_build_object(
        'type', i.type, 'value', i.value, 'first_seen_at', iso_time(i.attached_at), 'source', s.name, 'node', n.public_id
    )
    from node n
    join identifier i on i.node = n.id
    left join source s on s.id = i.source
    where n.component = v_label
    order by i.attached_at, i.type, i.value;
end
$$;
