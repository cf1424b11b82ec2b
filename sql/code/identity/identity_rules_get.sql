-- The rules in force, with their version, author and time.
create or replace function identity_rules_get() returns jsonb
language plpgsql stable
as $$
begin
    return (
        select jsonb_build_object('version', r.version) || r.rules
            || jsonb_build_object('author', r.author, 'created_at', iso_time(r.created_at))
        from identity_rules r
        order by r.version desc
        limit 1
    );
end
$$;
