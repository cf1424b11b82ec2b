-- Closes the open stay of each opportunity that moved and opens the next; stages before the present one (earlier) become
-- closed stays. A time that nobody knows stays null; a stay never ends before it began.
create or replace function record_stage_stays(p_changes jsonb[]) returns void
language plpgsql
as $$
begin
    update opportunity_stages s
    set open = false, exited_at = case when c ->> 'changed_at' is not null
        then greatest((c ->> 'changed_at')::timestamptz, s.entered_at) end
    from unnest(p_changes) c
    where s.opportunity_id = (c ->> 'id')::uuid and s.open;
    insert into opportunity_stages (opportunity_id, seq, stage_id, entered_at, exited_at, open)
    select id, seq, stage_id, at, case when next_at is not null and not final then greatest(next_at, at) end, final
    from (
        select e.id, e.seq + row_number() over (partition by e.id order by e.position) as seq, e.stage_id, e.at, e.final,
            lead(e.at) over (partition by e.id order by e.position) as next_at
        from (
            select (c ->> 'id')::uuid as id, s.seq, h.position, (h.value ->> 'stage_id')::uuid as stage_id,
                (h.value ->> 'at')::timestamptz as at, h.position = jsonb_array_length(c -> 'earlier') + 1 as final
            from unnest(p_changes) c
            cross join jsonb_array_elements(c -> 'earlier' || jsonb_build_array(jsonb_build_object(
                'stage_id', c -> 'new' -> 'stage_id', 'at', c -> 'changed_at'))) with ordinality h (value, position)
            cross join lateral (
                select coalesce(max(s.seq), 0) as seq from opportunity_stages s
                where s.opportunity_id = (c ->> 'id')::uuid) s) e) stay;
end
$$;
