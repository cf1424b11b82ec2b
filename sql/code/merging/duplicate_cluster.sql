-- How many records hang together with one by open suggestions, at most 100 of them counted.
create or replace function duplicate_cluster(p_id uuid) returns bigint
language sql stable
as $$
    with recursive near (id) as (
        select p_id
        union
        select case when d.a = n.id then d.b else d.a end
        from near n
        join duplicate_suggestion d on n.id in (d.a, d.b) and d.state = 'open'
    )
    select count(*) from (select from near limit 100) c
$$;
