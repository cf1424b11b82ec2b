-- The versions of the rules, newest first, each as identity_rules_get answers it. p_before: the last one of the page before.
create or replace function identity_rules_versions(p_before int4, p_limit int4) returns table (version int4, rules jsonb)
language sql stable
as $$
    select
        r.version,
        jsonb_build_object('version', r.version) || r.rules
            || jsonb_build_object('author', r.author, 'created_at', iso_time(r.created_at))
    from identity_rules r
    where p_before is null or r.version < p_before
    order by r.version desc
    limit p_limit
$$;
