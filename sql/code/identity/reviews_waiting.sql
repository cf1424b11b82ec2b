-- How many reviews wait for a decision, at most p_limit of them counted.
create or replace function reviews_waiting(p_limit int4) returns bigint
language sql stable
as $$
    select count(*)
    from (
        select
        from review r
        where r.state = 'open' and (r.reason <> 'likeness' or likeness_stands(r.home, r.nodes[1]))
        limit p_limit
    ) w
$$;
