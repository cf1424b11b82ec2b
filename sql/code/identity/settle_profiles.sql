-- What follows when components p_labels have changed: their rows of profiles (p_refresh; false: the caller writes them), the contacts
-- and leads that refer to them, and then the end of those of the rows p_stale that stand for no component any more.
create or replace function settle_profiles(p_labels bigint[], p_stale uuid[], p_refresh boolean) returns void
language plpgsql
as $$
begin
    if p_refresh then
        perform refresh_profiles(null::text, p_labels);
    end if;
    if to_regclass('contact_node') is not null then
        perform repoint_records(p_labels);
    end if;
    delete from profiles p
    where p.profile_id = any (p_stale)
      and not exists (select from component c where c.profile_id = p.profile_id);
end
$$;
