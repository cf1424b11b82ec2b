-- The newest imports first, or those that are older than the one that began at p_at with the id p_id.
create or replace function list_imports(p_limit integer, p_at timestamptz default null, p_id uuid default null) returns setof jsonb
language sql stable
as $$
    select import_json(to_jsonb(i)) from import i
    where p_at is null or (i.created_at, i.id) < (p_at, p_id)
    order by i.created_at desc, i.id desc
    limit p_limit
$$;
