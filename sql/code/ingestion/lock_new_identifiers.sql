-- Locks the buckets of the identifiers that messages marked slow name and nobody owns, in order, so that two writers that bring
-- the same identifier make it one after the other. Answers the nodes that own the known ones, seen after the lock.
create or replace function lock_new_identifiers(
    p_slow boolean[], p_type text[], p_previous_id text[], p_id_msg int4[], p_id_type text[], p_id_value text[]
) returns bigint[]
language plpgsql
as $$
declare
    v_buckets int2[];
begin
    select array_agg(distinct identifier_bucket(i.type, i.value)) into v_buckets
    from named_identifiers(p_slow, p_type, p_previous_id, p_id_msg, p_id_type, p_id_value) i
    where not exists (select from identifier x where x.type = i.type and x.value = i.value);
    if v_buckets is not null then
        perform from (select b.id from lock_bucket b where b.id = any (v_buckets) order by b.id for update) b;
    end if;
    return array(
        select distinct x.node
        from named_identifiers(p_slow, p_type, p_previous_id, p_id_msg, p_id_type, p_id_value) i
        join identifier x on x.type = i.type and x.value = i.value
    );
end
$$;
