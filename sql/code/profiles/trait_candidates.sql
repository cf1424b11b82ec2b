-- The trait keys of the newest p_sample nodes that have traits, with the part of the nodes that have each, and the type that
-- 99 % of its values parse as. Traits that are objects or lists, or that `profiles` shows anyway, are left out.
create or replace function trait_candidates(p_sample int4) returns table (trait text, nodes bigint, share float8, type text)
language sql stable
as $$
    with sample as materialized (
        select s.traits
        from (select n.traits from node n order by n.id desc limit p_sample * 10) s
        where s.traits <> '{}'
        limit p_sample
    ), counted as (
        select
            t.key, count(*) as nodes,
            count(*) filter (where jsonb_typeof(t.value) in ('object', 'array')) as nested,
            count(trait_boolean(t.value)) as booleans, count(trait_numeric(t.value)) as numbers,
            count(trait_timestamp(t.value)) as times
        from sample s
        cross join lateral jsonb_each(s.traits) t
        where t.key not in ('email', 'phone', 'user_id', 'userId', '')
        group by t.key
    )
    select
        c.key, c.nodes, c.nodes / (select count(*) from sample)::float8,
        case
            when c.booleans >= 0.99 * c.nodes then 'boolean'
            when c.numbers >= 0.99 * c.nodes then 'numeric'
            when c.times >= 0.99 * c.nodes then 'timestamptz'
            else 'text'
        end
    from counted c
    where c.nested * 2 <= c.nodes
$$;
