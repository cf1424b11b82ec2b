-- Begins to look for duplicates among p_objects, null: all that there are; unless a search is under way: then that one goes on. p_actor: whoever
-- asked for it; null: nobody did, the night came. Answers how many records and profiles there are to look through, 0 where there can be none.
create or replace function begin_duplicates(p_objects text[] default null, p_actor text default null) returns int8
language plpgsql
as $$
declare
    v_objects text[] := array(
        select o from unnest(array['account', 'contact', 'lead', 'profile']) o where p_objects is null or o = any (p_objects)
    );
begin
    if to_regclass('duplicate_search') is null then
        return 0;
    end if;
    insert into duplicate_search as s (id, begun_at, remaining)
    select uuidv7(), now(), jsonb_build_array(jsonb_build_object('step', 'signs', 'objects', v_objects))
        || (select jsonb_agg(jsonb_build_object('step', 'weights', 'object', o) order by n) from unnest(v_objects) with ordinality x (o, n))
    on conflict (singleton) do update
    set id = excluded.id, begun_at = excluded.begun_at, finished_at = null, remaining = excluded.remaining, found = 0, compared = 0,
        skipped = '{}'
    where s.finished_at is not null;
    if p_actor is not null then
        perform append_audit(p_actor, 'duplicate.find', 'duplicate_search', s.id::text, jsonb_build_object('objects', v_objects))
        from duplicate_search s;
    end if;
    return (
        select sum(case o
            when 'account' then (select count(*) from accounts)
            when 'contact' then (select count(*) from contacts)
            when 'lead' then (select count(*) from leads)
            else (select count(*) from component)
        end)
        from unnest(v_objects) o
    );
end
$$;
