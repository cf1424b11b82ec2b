-- How many events of the quarantine p_filter means, by state, code and source, with the times of the oldest and newest.
create or replace function quarantine_summary(p_filter jsonb) returns jsonb
language plpgsql stable
as $$
declare
    v_summary jsonb;
begin
    execute $q$
        with counted as (
            select q.state, q.code, q.source, count(*) as count, min(q.received_at) as oldest, max(q.received_at) as newest
            from quarantine q
            where quarantine_matches($1, $2, q.id, q.state, q.code, q.source, q.type, q.name, q.key_id, q.received_at)
            group by q.state, q.code, q.source
        )
        select jsonb_build_object(
            'count', coalesce(sum(c.count), 0), 'oldest', iso_time(min(c.oldest)), 'newest', iso_time(max(c.newest)),
            'items', coalesce(jsonb_agg(
                jsonb_build_object(
                    'state', c.state, 'code', c.code, 'source', s.name, 'count', c.count, 'oldest', iso_time(c.oldest),
                    'newest', iso_time(c.newest))
                order by c.count desc, c.state, c.code, s.name), '[]'))
        from counted c
        left join source s on s.id = c.source
    $q$ into v_summary using p_filter, quarantine_sources(p_filter);
    return v_summary;
end
$$;
