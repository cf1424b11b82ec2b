-- What each source says of a record's fields, as its page shows it: field_sources in words, the value that shows first.
create or replace function record_sources(p_object text, p_id uuid) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object(
            'field', f.field, 'at', iso_time(f.at), 'source', f.source_name, 'is_shown', f.is_shown,
            'actor', (
                select s.actor from field_source s
                where s.record_id = p_id and s.field = f.field and s.source = f.source and f.source = 0
            ),
            'value', case f.field
                when 'owner_id' then (select u.name from users u where u.id::text = f.value #>> '{}' and may_read('user', u.id))
                when 'parent_id' then (select a.name from accounts a where a.id::text = f.value #>> '{}' and may_read('account', a.id))
                else f.value #>> '{}'
            end
        ) order by f.field, f.is_shown desc, f.rank desc, f.at desc), '[]')
        from field_sources(p_object, p_id) f
        where f.field not like 'converted%' and shows_field(p_object, f.field)
    );
end
$$;
