-- All forms (there are at most some thousand), those that were submitted last first.
create or replace function find_forms() returns table (id uuid, form jsonb)
language plpgsql stable
as $$
begin
    return query
    select f.id, form_json(f.id) from forms f order by f.last_submitted_at desc nulls last, f.name limit 1000;
end
$$;
