-- The relations whose rows name their record by its object and id, so that no foreign key can: they go to the bin with the record
-- and come back with it. A JSON array of {relation, column, owned}, as references_to and detach_records have it.
create or replace function loose_references() returns jsonb
language sql stable
as $$
    select coalesce(jsonb_agg(jsonb_build_object('relation', r.relation, 'column', r.col, 'owned', true)), '[]')
    from (values ('activity_links', 'record_id'), ('comments', 'object_id'), ('attachments', 'object_id')) r(relation, col)
    where to_regclass(r.relation) is not null
$$;
