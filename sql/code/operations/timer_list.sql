-- What the server does by itself every night, with when it did it last and what came of it.
create or replace function timer_list() returns table (timer jsonb)
language plpgsql stable
as $$
begin
    if to_regclass('timer') is null then
        return;
    end if;
    return query
    select jsonb_build_object(
        'name', t.name, 'enabled', t.enabled, 'due_at', iso_time(case when t.enabled then t.due_at end), 'ran_at', iso_time(t.ran_at),
        'result', t.result)
    from timer t
    order by t.name;
end
$$;
