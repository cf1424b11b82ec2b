-- What each source says of a record's fields, and whether it shows: own edits and imports, and for a contact what events
-- said of the person (public sources too, which only suggest).
create or replace function field_sources(p_object text, p_id uuid)
returns table (field text, source smallint, source_name text, rank smallint, at timestamptz, value jsonb, is_shown boolean)
language plpgsql stable
as $$
#variable_conflict use_column
declare
    v_record jsonb;
begin
    execute format('select to_jsonb(t) from %I t where t.id = $1', describe_object(p_object) ->> 'relation')
    into v_record using p_id;
    return query
    with said as (
        select f.field, f.source, f.rank, f.at, f.message_id, f.value
        from field_source f where f.object = p_object and f.record_id = p_id
        union all
        select t.field, t.source, t.rank, t.at, t.message_id, t.value from person_said(p_object, p_id) t)
    select s.field, s.source, coalesce(o.name, 'people'), s.rank, s.at, s.value,
        s.value = coalesce(v_record -> s.field, 'null') and row_number() over (
            partition by s.field order by s.value = coalesce(v_record -> s.field, 'null') desc, s.rank desc, s.at desc,
                s.message_id collate "C" desc) = 1
    from said s
    left join source o on o.id = s.source
    order by s.field, s.rank desc, s.at desc;
end
$$;
