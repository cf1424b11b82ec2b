-- Unites two answers of detach_records.
create or replace function merge_kept(p_a jsonb, p_b jsonb) returns jsonb
language sql immutable
as $$
    select p_a || coalesce(
        jsonb_object_agg(b.key, jsonb_build_object(
            'rows', coalesce(p_a -> b.key -> 'rows', '{}') || coalesce(b.value -> 'rows', '{}'),
            'references', (
                select coalesce(jsonb_object_agg(r.relation, coalesce(p_a -> b.key -> 'references' -> r.relation, '{}')
                    || coalesce(b.value -> 'references' -> r.relation, '{}')), '{}')
                from (
                    select jsonb_object_keys(coalesce(p_a -> b.key -> 'references', '{}')) as relation
                    union
                    select jsonb_object_keys(coalesce(b.value -> 'references', '{}'))) r))),
        '{}')
    from jsonb_each(coalesce(p_b, '{}')) b
$$;
