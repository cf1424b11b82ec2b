-- How many of these message keys are known, so that ingest would answer duplicate; one that is given twice is known the second
-- time. A key is known while its generation or the next one is in force, an imported one for ever.
create or replace function count_known_messages(p_event_id uuid[]) returns bigint
language sql stable
as $$
    select count(*) filter (where u.copy > 1 or exists (
        select from dedupe_import d where d.event_id = u.id
        union all
        select from dedupe_0 d where d.event_id = u.id and s.generation in (0, 1)
        union all
        select from dedupe_1 d where d.event_id = u.id and s.generation in (1, 2)
        union all
        select from dedupe_2 d where d.event_id = u.id and s.generation in (2, 0)))
    from (
        select e.id, row_number() over (partition by e.id) as copy from unnest(p_event_id) e(id)
    ) u
    cross join dedupe_state s
$$;
