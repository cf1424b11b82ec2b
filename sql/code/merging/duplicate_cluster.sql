-- How many records hang together with one by open suggestions, at most 100 of them counted.
create or replace function duplicate_cluster(p_id uuid) returns bigint
language sql stable
as $$
    with recursive near (id) as (
        select p_id
        union
        select o.id
        from near n
        cross join lateral (
            select d.b as id from duplicate_suggestion d where d.a = n.id and d.state = 'open'
            union all
            select d.a from duplicate_suggestion d where d.b = n.id and d.state = 'open'
        ) o
    )
    select count(*) from (select from near limit 100) c
$$;
