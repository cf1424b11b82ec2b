-- What a record of one object gives one of another: the values of the tenant's own fields that both have by the same name and type,
-- where they hold there.
create or replace function shared_fields(p_from text, p_to text, p_record jsonb) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_object_agg(t.name, p_record -> t.name), '{}')
    from custom_field f
    join custom_field t on t.object = p_to and t.name = f.name and t.type = f.type and t.target is not distinct from f.target
    where f.object = p_from and not f.hidden and not t.hidden
        and coalesce(p_record -> t.name, 'null') not in ('null', '[]')
        and (t.options is null or to_jsonb(t.options) @> (p_record -> t.name))
        and (t.minimum is null or (p_record ->> t.name)::numeric >= t.minimum)
        and (t.maximum is null or (p_record ->> t.name)::numeric <= t.maximum)
        and (t.type <> 'text' or octet_length(p_record ->> t.name) <= coalesce(t.maximum_bytes, 1000))
$$;
