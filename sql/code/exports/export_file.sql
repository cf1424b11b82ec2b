-- What the head of a file's download needs; no row: there is none of that id that the caller may see.
create or replace function export_file(p_id uuid, p_actor text)
returns table (state text, file_name text, format text, bytes bigint, parts integer)
language sql stable
as $$
    select
        case when x.withdrawn_at is not null and o.state = 'done' then 'withdrawn' else o.state end,
        x.file_name, x.format, x.bytes, x.parts
    from export x
    join operation o on o.id = x.id
    where x.id = p_id and export_visible(p_actor, o.actor)
$$;
