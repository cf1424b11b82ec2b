-- Accounts by name, behind (p_after_name, p_after_id) if given; with p_query those whose name, domain or group id begins so.
-- With p_crm also what their opportunities are worth.
create or replace function find_accounts(
    p_query text, p_after_name text, p_after_id uuid, p_limit int4, p_crm boolean
) returns table (name text, id uuid, account jsonb)
language plpgsql stable
as $$
begin
    return query
    select a.name, a.id, account_json(a.id) || case when p_crm then account_worth(a.id) else '{}' end
    from (
        select x.name, x.id
        from accounts x
        where (
            coalesce(p_query, '') = '' or starts_with(lower(x.name), lower(p_query)) or starts_with(x.domain, lower(p_query))
            or starts_with(x.group_id, p_query)
        )
          and (p_after_id is null or (x.name, x.id) > (p_after_name, p_after_id))
        order by x.name, x.id
        limit p_limit
    ) a
    order by a.name, a.id;
end
$$;
