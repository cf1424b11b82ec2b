-- Begins to look for duplicates, unless a search is under way: then that one goes on. Answers how many records there are to look through, 0 where there
-- can be none.
create or replace function begin_duplicates() returns int8
language plpgsql
as $$
begin
    if to_regclass('duplicate_search') is null then
        return 0;
    end if;
    insert into duplicate_search as s (id, begun_at, remaining)
    values (uuidv7(), now(), '[{"step": "signs"}, {"step": "weights", "object": "account"}, {"step": "weights", "object": "contact"}]')
    on conflict (singleton) do update
    set id = excluded.id, begun_at = excluded.begun_at, finished_at = null, remaining = excluded.remaining, found = 0, compared = 0,
        skipped = '{}'
    where s.finished_at is not null;
    return (select count(*) from accounts) + (select count(*) from contacts);
end
$$;
