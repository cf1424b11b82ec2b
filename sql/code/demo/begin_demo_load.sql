-- The operation that fills a demo tenant: the one that was begun, else a new one. input holds what must not change between
-- the runs of one load, above all the day on which the demo's time ends.
create or replace function begin_demo_load(p_id uuid, p_input jsonb, p_actor text)
returns table (id uuid, state text, done bigint, input jsonb, steps jsonb)
language plpgsql
as $$
#variable_conflict use_column
begin
    insert into operation (id, type, state, input, result, actor, created_at, started_at)
    select p_id, 'demo.load', 'running', p_input, '{"steps": []}', p_actor, now(), now()
    where not exists (select from operation o where o.type = 'demo.load');
    return query
        select o.id, o.state, o.done, o.input, o.result -> 'steps' from operation o where o.type = 'demo.load';
end
$$;
