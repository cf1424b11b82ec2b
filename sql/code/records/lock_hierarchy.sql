-- Makes writers that put records below others (accounts, teams, users who report to users) follow each other: two at once would not see
-- that together they close a loop. Called before missing_references looks for loops.
create or replace function lock_hierarchy(p_object jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
begin
    if exists (
        select
        from unnest(p_items) i, jsonb_array_elements(p_object -> 'links') l
        where not i ? 'created' and not i ? 'outcome' and l ->> 'relation' = p_object ->> 'relation'
            and i -> 'new' ->> (l ->> 'column') is not null
    ) then
        perform from lock_bucket b where b.id = 8257 for update;
    end if;
end
$$;
