-- record_condition for reading the records of a relation, `true` for a relation whose rows are no records.
create or replace function relation_condition(p_relation text, p_alias text default 't') returns text
language sql stable
as $$
    select coalesce((
        select record_condition(o.object, 'read', p_alias) from object_description o where o.relation = p_relation
    ), 'true')
$$;
