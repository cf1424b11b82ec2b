-- The aggregate that makes one value of a column of several rows that become one (alias t, in the order of their records): flags
-- are set if any is, a period is the longest, all else is the first that says anything.
create or replace function united_column(p_relation text, p_column text) returns text
language sql stable
as $$
    select case
        when a.atttypid = 'boolean'::regtype then format('bool_or(t.%I)', p_column)
        when p_column = 'from' then 'min(t."from")'
        when p_column = 'to' then 'case when bool_or(t."to" is null) then null else max(t."to") end'
        when a.atttypid = 'text'::regtype and a.attnotnull
            then format('coalesce((array_agg(t.%1$I order by t.record_pos) filter (where t.%1$I <> ''''))[1], '''')', p_column)
        else format('(array_agg(t.%1$I order by t.record_pos) filter (where t.%1$I is not null))[1]', p_column)
    end
    from pg_attribute a
    where a.attrelid = to_regclass(quote_ident(p_relation)) and a.attname = p_column
$$;
