-- The identifiers of the messages that p_slow marks, by message and priority. An alias names its user_id and, last, previousId
-- twice: as user_id and as anonymous_id.
create or replace function named_identifiers(
    p_slow boolean[], p_type text[], p_previous_id text[], p_id_msg int4[], p_id_type text[], p_id_value text[]
) returns table (msg int4, ord int8, type text, value text, alias boolean)
language sql stable
as $$
    select u.msg, u.ord, u.type, u.value, false
    from unnest(p_id_msg, p_id_type, p_id_value) with ordinality u(msg, type, value, ord)
    where p_slow[u.msg]
    union all
    select a.msg::int4, 1000000000 + t.ord, t.type, a.previous_id, true
    from unnest(p_type, p_previous_id) with ordinality a(type, previous_id, msg)
    cross join (values (1, 'user_id'), (2, 'anonymous_id')) t(ord, type)
    where a.type = 'alias' and a.previous_id is not null and p_slow[a.msg::int4]
$$;
