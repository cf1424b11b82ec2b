-- The newest comments on any of the records, as rows of record_timeline.
create or replace function record_timeline_comments(
    p_records uuid[], p_limit integer, p_before timestamptz, p_key text
) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object('at', r.at, 'key', r.key, 'kind', 'comment', 'data', r.data)), '[]')
        from (
            select c.created_at as at, 'comment:' || c.id as key, jsonb_build_object(
                'id', c.id, 'object', c.object, 'object_id', c.object_id, 'body', c.body, 'mentions', to_jsonb(c.mentions),
                'author', c.created_by) as data
            from comments c
            where c.object_id = any (p_records) and c.created_at <= p_before
                and (c.created_at, ('comment:' || c.id) collate "C") < (p_before, p_key)
            order by c.created_at desc, ('comment:' || c.id) collate "C" desc
            limit p_limit) r);
end
$$;
