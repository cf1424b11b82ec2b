-- Whether an identifier of a profile is suppressed.
create or replace function is_suppressed(p_label bigint) returns boolean
language sql stable
as $$
    select exists (select from suppression s where s.lifted_at is null) and exists (
        select
        from node n
        join identifier i on i.node = n.id
        join suppression s on s.hash = suppression_hash(i.type, i.value) and s.lifted_at is null
        where n.component = p_label
    )
$$;
