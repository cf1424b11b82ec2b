-- What identify calls sent for a profile, newest first. p_before_ts, p_before_seq: the last one of the page before. Raises TD001.
create or replace function profile_history(p_id uuid, p_before_ts timestamptz, p_before_seq bigint, p_limit int4)
returns table (ts timestamptz, seq bigint, item jsonb)
language plpgsql stable
as $$
declare
    v_label bigint := profile_label(p_id);
begin
    if v_label is null then
        raise exception 'no such profile' using errcode = 'TD001';
    end if;
    return query
    select r.ts, r.seq, jsonb_build_object(
        'ts', iso_time(r.ts), 'message_id', r.message_id, 'source', s.name, 'traits', r.delta
    )
    from node n
    cross join lateral (
        select x.*
        from trait_record x
        where x.node = n.id
          and x.ts <= coalesce(p_before_ts, 'infinity')
          and (p_before_ts is null or (x.ts, x.seq) < (p_before_ts, p_before_seq))
        order by x.ts desc, x.seq desc
        limit p_limit
    ) r
    left join source s on s.id = r.source
    where n.component = v_label
    order by r.ts desc, r.seq desc
    limit p_limit;
end
$$;
