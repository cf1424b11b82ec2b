-- What changes with a relation's description. Columns come, defaults, keys and constraints get new numbers, and numbers only grow: so
-- that none comes or goes without another sum.
create or replace function relation_state(p_relation regclass) returns text
language plpgsql stable
as $$
begin
    return (
        select concat_ws(' ', c.oid, c.relnatts,
            (select sum(d.oid::bigint) from pg_attrdef d where d.adrelid = c.oid),
            (select sum(i.indexrelid::bigint) from pg_index i where i.indrelid = c.oid),
            (select sum(k.oid::bigint) from pg_constraint k where k.conrelid = c.oid))
        from pg_class c where c.oid = p_relation);
end
$$;
