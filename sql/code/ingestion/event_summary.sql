-- What a list shows of an event's payload: where it happened, and its first few plain properties as [[key, value], …].
create or replace function event_summary(p_payload jsonb) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'path', left(coalesce(
            p_payload #>> '{properties,path}', p_payload #>> '{context,page,path}', p_payload #>> '{properties,url}'
        ), 300),
        'referrer', left(coalesce(p_payload #>> '{properties,referrer}', p_payload #>> '{context,page,referrer}'), 300),
        'campaign', left(coalesce(p_payload #>> '{context,campaign,name}', p_payload #>> '{context,campaign,source}'), 100),
        'properties', (
            select coalesce(jsonb_agg(jsonb_build_array(k.key, left(k.value #>> '{}', 120))), '[]')
            from (
                select x.key, x.value
                from jsonb_each(case when jsonb_typeof(p_payload -> 'properties') = 'object' then p_payload -> 'properties'
                    else '{}' end) x
                where jsonb_typeof(x.value) in ('string', 'number', 'boolean')
                  and x.key not in ('path', 'url', 'referrer', 'title', 'search', 'name')
                order by x.key
                limit 4
            ) k
        )
    )
$$;
