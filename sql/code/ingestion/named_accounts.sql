-- Per message the account that its candidates name, in their order: the holder of a group id, else the only holder of a domain
-- or company key; where no live account has it, what accounts that had it were merged into. Messages whose candidates name none are
-- left out.
create or replace function named_accounts(p_co_msg int4[], p_co_kind text[], p_co_value text[])
returns table (msg int4, account_id uuid, kind text)
language sql stable
as $$
    select distinct on (c.msg) c.msg, h.id, c.kind
    from unnest(p_co_msg, p_co_kind, p_co_value) with ordinality c(msg, kind, value, ord)
    cross join lateral (
        select a.id, 1 as place from accounts a where c.kind = 'group_id' and a.group_id = c.value
        union all
        select (array_agg(x.id))[1], 1
        from (select a.id from accounts a where c.kind = 'domain' and a.domain = c.value limit 2) x
        having count(*) = 1
        union all
        select (array_agg(x.id))[1], 1
        from (select a.id from accounts a where c.kind = 'company_key' and a.company_key = c.value limit 2) x
        having count(*) = 1
        union all
        select (array_agg(r.new_id))[1], 2
        from record_alias y
        join record_redirect r on r.old_id = y.record_id
        where y.value = c.value and y.field = c.kind and y.object = 'account'
        having count(distinct r.new_id) = 1
    ) h
    order by c.msg, c.ord, h.place
$$;
