-- Gives each value of a wave of new records (shape_new) the form of its column, and leaves out what is no column; a null is given, but
-- not new. is_known: false where a type is not known here.
create or replace function shape_values(p_object jsonb, p_items jsonb[], out items jsonb[], out is_known boolean)
language plpgsql stable
as $$
#variable_conflict use_column
declare
    v_types jsonb := p_object -> 'writable';
    v_companions text[] := array(select jsonb_object_keys(p_object -> 'companions'));
begin
    select array_agg(u.i || jsonb_build_object('given', g.given, 'new', g.new, 'claims', g.given - v_companions) order by u.n),
        bool_and(g.is_known)
    into items, is_known
    from unnest(p_items) with ordinality u (i, n)
    cross join lateral (
        select coalesce(jsonb_object_agg(f.key, f.value), '{}') as given,
            coalesce(jsonb_object_agg(f.key, f.value) filter (where f.value <> 'null'), '{}') as new,
            coalesce(bool_and(f.value is not null), true) as is_known
        from (
            select d.key, case jsonb_typeof(d.value)
                when 'null' then d.value
                when 'string' then case v_types ->> d.key
                    when 'text' then d.value
                    when 'uuid' then to_jsonb((d.value #>> '{}')::uuid)
                    when 'date' then to_jsonb((d.value #>> '{}')::date)
                    when 'timestamp with time zone' then to_jsonb((d.value #>> '{}')::timestamptz)
                    when 'numeric(19,4)' then to_jsonb((d.value #>> '{}')::numeric(19, 4)) end
                when 'boolean' then case v_types ->> d.key when 'boolean' then d.value end
                when 'number' then case v_types ->> d.key
                    when 'numeric(19,4)' then to_jsonb((d.value #>> '{}')::numeric(19, 4))
                    when 'integer' then to_jsonb((d.value #>> '{}')::integer)
                    when 'bigint' then to_jsonb((d.value #>> '{}')::bigint)
                    when 'smallint' then to_jsonb((d.value #>> '{}')::smallint) end
                when 'array' then case
                    when v_types ->> d.key = 'text[]' and not jsonb_path_exists(d.value, '$[*] ? (@.type() != "string")') then d.value end
                end as value
            from jsonb_each(u.i -> 'given') d
            where v_types ? d.key) f) g;
end
$$;
