-- The pipelines in their order.
create or replace function find_pipelines() returns table (id uuid, name text)
language plpgsql stable
as $$
begin
    return query select p.id, p.name from pipelines p order by p.position, p.created_at, p.id;
end
$$;
