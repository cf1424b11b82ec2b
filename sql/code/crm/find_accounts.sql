-- Accounts that the caller may read, by name, behind (p_after_name, p_after_id) if given; with p_query those whose name, domain or group id
-- begins so. With p_crm also what their opportunities are worth.
create or replace function find_accounts(
    p_query text, p_after_name text, p_after_id uuid, p_limit int4, p_crm boolean
) returns table (name text, id uuid, account jsonb)
language plpgsql stable
as $$
begin
    return query execute format(
        $q$
        select a.name, a.id, account_json(a.id) || case when $5 then account_worth(a.id) else '{}' end
        from (
            select x.name, x.id
            from accounts x
            where %s and (
                coalesce($1, '') = '' or starts_with(lower(x.name), lower($1)) or $6 and starts_with(x.domain, lower($1))
                or $7 and starts_with(x.group_id, $1)
            )
              and ($3 is null or (x.name, x.id) > ($2, $3))
            order by x.name, x.id
            limit $4
        ) a
        order by a.name, a.id
        $q$, record_condition('account', 'read', 'x')
    ) using p_query, p_after_name, p_after_id, p_limit, p_crm, shows_field('account', 'domain'), shows_field('account', 'group_id');
end
$$;
