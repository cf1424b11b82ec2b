-- The nodes of a person, and of those that an undo has parted from it: the oldest p_limit, in the order of their making.
create or replace function person_family(p_profile uuid, p_limit int4) returns bigint[]
language sql stable
as $$
    with own as (
        select n.id, n.component from node o join node n on n.component = o.component where o.public_id = p_profile
    ),
    apart as (
        select s.b as node from own o join separation s on s.a = o.id and s.cause = 'undo'
        union
        select s.a from own o join separation s on s.b = o.id and s.cause = 'undo'
    ),
    labels as (
        select o.component as label from own o
        union
        select n.component from apart a join node n on n.id = a.node
    )
    select array_agg(f.id order by f.created_at, f.id)
    from (
        select n.id, n.created_at
        from labels l
        join node n on n.component = l.label
        where n.erased_at is null
        order by n.created_at, n.id
        limit p_limit
    ) f
$$;
