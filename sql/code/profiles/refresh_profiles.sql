-- Writes the rows that BI sees for the given components; a row that shows the same already is not touched. p_promoted: with their
-- promoted traits; false: the caller writes those.
create or replace function refresh_profiles(p_plans anyelement, p_labels bigint[], p_promoted boolean default true) returns void
language plpgsql
as $$
begin
    insert into profiles (profile_id, user_id, email, phone, first_seen_at, last_seen_at)
    select r.profile_id, r.user_id, r.email, r.phone, r.first_seen_at, r.last_seen_at
    from profile_rows(p_labels) r
    order by r.profile_id
    on conflict (profile_id) do update
    set (user_id, email, phone, first_seen_at, last_seen_at)
        = (excluded.user_id, excluded.email, excluded.phone, excluded.first_seen_at, excluded.last_seen_at)
    where (profiles.user_id, profiles.email, profiles.phone, profiles.first_seen_at, profiles.last_seen_at)
        is distinct from
        (excluded.user_id, excluded.email, excluded.phone, excluded.first_seen_at, excluded.last_seen_at);
    if p_promoted then
        perform write_promoted(p_labels);
    end if;
end
$$;
