-- The newest imports first.
create or replace function list_imports(p_limit integer) returns setof jsonb
language sql stable
as $$
    select import_json(to_jsonb(i)) from import i order by i.created_at desc, i.id desc limit p_limit
$$;
