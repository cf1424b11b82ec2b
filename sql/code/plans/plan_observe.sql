-- What events of p_since and later look like, for a plan to be learned from: of each event its number, of each key of its
-- properties or traits in how many it is, as which JSON types, and its most frequent short texts. Looks at no more than p_limit
-- events, and shows no more than 200 kinds of event with 300 keys each. p_source: one source's, by name or id; null: all.
-- Raises TD001.
create or replace function plan_observe(p_source text, p_since timestamptz, p_limit int4) returns jsonb
language plpgsql stable
as $$
declare
    v_source int2 := case when p_source is not null then source_number(p_source) end;
    v_observed jsonb;
begin
    execute $q$
        with recorded as (
            select e.type, case when e.type in ('track', 'page', 'screen') then e.name end as name, e.payload -> 'properties' as data
            from event_log e
            where e.ts >= $2 and e.type in ('track', 'page', 'screen') and ($1 is null or e.source = $1)
            limit $3
        ),
        -- Traits of people are kept apart from their events; those of accounts become fields.
        said as (
            select 'identify'::text as type, null::text as name, r.delta as data
            from trait_record r
            where r.ts >= $2 and ($1 is null or r.source = $1)
            limit $3
        ),
        event as (
            select r.type, r.name, case when jsonb_typeof(r.data) = 'object' then r.data else '{}' end as data
            from (select * from recorded union all select * from said) r
        ),
        kind as (
            select e.type, e.name, count(*) as count
            from event e
            group by e.type, e.name
            order by count(*) desc, e.type, e.name
            limit 200
        ),
        value as (
            select
                e.type, e.name, m.key,
                case
                    when jsonb_typeof(m.value) = 'number' and m.value #>> '{}' ~ '^-?[0-9]+$' then 'integer'
                    else jsonb_typeof(m.value)
                end as json_type,
                case when jsonb_typeof(m.value) = 'string' and length(m.value #>> '{}') <= 60 then m.value #>> '{}' end as text,
                count(*) as count
            from event e
            cross join lateral jsonb_each(e.data) m
            group by 1, 2, 3, 4, 5
        ),
        typed as (
            select v.type, v.name, v.key, v.json_type, sum(v.count) as count from value v group by 1, 2, 3, 4
        ),
        property as (
            select
                t.type, t.name, t.key, sum(t.count) as present, jsonb_object_agg(t.json_type, t.count) as types,
                row_number() over (partition by t.type, t.name order by sum(t.count) desc, t.key) as place
            from typed t
            group by t.type, t.name, t.key
        ),
        texts as (
            select
                x.type, x.name, x.key, max(x.distinct_count) as distinct_count, sum(x.count) as shown_count,
                jsonb_agg(jsonb_build_object('value', x.text, 'count', x.count) order by x.place) as texts
            from (
                select
                    v.type, v.name, v.key, v.text, v.count,
                    row_number() over w as place, count(*) over (partition by v.type, v.name, v.key) as distinct_count
                from value v
                where v.text is not null
                window w as (partition by v.type, v.name, v.key order by v.count desc, v.text)
            ) x
            where x.place <= 20
            group by x.type, x.name, x.key
        )
        select jsonb_build_object(
            'read', (select count(*) from event),
            'events', coalesce(jsonb_agg(
                jsonb_build_object('type', k.type, 'name', k.name, 'count', k.count, 'properties', p.properties)
                order by k.count desc, k.type, k.name), '[]'))
        from kind k
        cross join lateral (
            select coalesce(jsonb_agg(
                jsonb_build_object(
                    'name', p.key, 'present', p.present, 'types', p.types, 'distinct_texts', coalesce(t.distinct_count, 0),
                    'texts', coalesce(t.texts, '[]'))
                order by p.place), '[]') as properties
            from property p
            left join texts t
                on t.type = p.type and t.name is not distinct from p.name and t.key = p.key
            where p.type = k.type and p.name is not distinct from k.name and p.place <= 300
        ) p
    $q$ into v_observed using v_source, p_since, p_limit;
    return v_observed;
end
$$;
