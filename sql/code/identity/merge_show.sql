-- A merge as the API shows it, without prefixes on ids. Raises TD001.
create or replace function merge_show(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_merge jsonb;
begin
    select jsonb_build_object(
        'id', m.id, 'ref', m.ref, 'winner', m.winner, 'loser', m.loser, 'state', m.state, 'cause', m.cause,
        'edges', coalesce((
            select jsonb_agg(jsonb_build_object('a', a.public_id, 'b', b.public_id, 'active', e.active) order by e.id)
            from edge e
            join node a on a.id = e.a
            join node b on b.id = e.b
            where e.merge = m.id
        ), '[]'),
        'message_id', m.message_id, 'actor', m.actor, 'effective_at', iso_time(m.effective_at),
        'created_at', iso_time(m.created_at), 'undone_at', iso_time(m.undone_at), 'undone_by', m.undone_by,
        'detail', m.detail
    )
    into v_merge
    from merge m
    where m.id = p_id;
    if v_merge is null then
        raise exception 'no such merge' using errcode = 'TD001';
    end if;
    return v_merge;
end
$$;
