-- duplicate_progress where duplicates can be looked for; nothing elsewhere.
create or replace function duplicate_search_state() returns setof jsonb
language plpgsql stable
as $$
begin
    if to_regclass('duplicate_search') is not null then
        return query select p from duplicate_progress() p where p is not null;
    end if;
end
$$;
