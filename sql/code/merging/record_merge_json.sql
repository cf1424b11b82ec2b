-- A merge of records as the API shows it, without prefixes on ids. Raises TD001.
create or replace function record_merge_json(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_merge jsonb;
begin
    select m.plan || jsonb_build_object(
        'id', m.id, 'state', m.state, 'at', iso_time(m.at), 'actor', m.actor, 'profile_merge', m.profile_merge,
        'undone_at', iso_time(m.undone_at), 'undone_by', m.undone_by
    ) || case when m.undo is null then '{}' else jsonb_build_object('undo', m.undo) end
    into v_merge
    from record_merge m
    where m.id = p_id;
    if v_merge is null then
        raise exception 'no such merge' using errcode = 'TD001';
    end if;
    return v_merge;
end
$$;
