-- Notes how far the load of a demo tenant is: events that are in, a step that is done, the whole.
create or replace function note_demo_load(p_id uuid, p_done bigint, p_step text, p_is_over boolean) returns void
language sql
as $$
    update operation
    set done = coalesce(p_done, done),
        result = case when p_step is null then result
            else jsonb_build_object('steps', result -> 'steps' || to_jsonb(p_step)) end,
        state = case when p_is_over then 'done' else state end,
        finished_at = case when p_is_over then now() end
    where id = p_id
$$;
