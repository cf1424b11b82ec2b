-- The numbers of the sources that a filter of the quarantine names, by name or id; null: it names none, so all are meant.
create or replace function quarantine_sources(p_filter jsonb) returns int2[]
language sql stable
as $$
    select case
        when p_filter ->> 'source' is not null then array(
            select s.id from source s where s.name = p_filter ->> 'source' or s.source_id::text = p_filter ->> 'source')
    end
$$;
