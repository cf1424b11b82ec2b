-- Profiles by id, as profile_show shows them; p_after: the last one of the page before, null: from the first.
create or replace function profile_list(p_after uuid, p_limit int4) returns table (id uuid, profile jsonb)
language plpgsql stable
as $$
begin
    return query
    select p.profile_id, profile_show(p.profile_id)
    from (
        select q.profile_id from profiles q where p_after is null or q.profile_id > p_after order by q.profile_id limit p_limit
    ) p
    order by p.profile_id;
end
$$;
