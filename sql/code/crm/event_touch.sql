-- What an event's payload tells of how somebody came: the page, what led there, the campaign that its address named.
create or replace function event_touch(p_payload jsonb) returns table (
    page text, referrer text, source text, medium text, campaign text, term text, content text
)
language sql stable
as $$
    select
        s.summary ->> 'path', nullif(s.summary ->> 'referrer', ''), left(nullif(c.campaign ->> 'source', ''), 100),
        left(nullif(c.campaign ->> 'medium', ''), 100), left(nullif(c.campaign ->> 'name', ''), 100),
        left(nullif(c.campaign ->> 'term', ''), 100), left(nullif(c.campaign ->> 'content', ''), 100)
    from (select event_summary(p_payload) as summary) s
    cross join (
        select case when jsonb_typeof(p_payload #> '{context,campaign}') = 'object' then p_payload #> '{context,campaign}' else '{}' end as campaign
    ) c
$$;
