-- How many tasks a user was reminded of that they have neither done nor seen.
create or replace function unseen_reminders(p_user uuid) returns bigint
language plpgsql stable
as $$
begin
    if to_regclass('reminder') is null then
        return 0;
    end if;
    return (
        select count(distinct r.activity_id)
        from reminder r
        join activities a on a.id = r.activity_id and a.status = 'planned'
        where r.sent_at is not null and r.seen_at is null and r.channel = 'console' and a.owner_id = p_user
    );
end
$$;
