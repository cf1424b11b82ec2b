-- All stages in order; is_default: of the pipeline that an opportunity gets when none is named.
create or replace function import_stages()
returns table (id uuid, pipeline_id uuid, pipeline text, key text, name text, "position" integer, status text, is_default boolean)
language sql stable
as $$
    select s.id, s.pipeline_id, p.name, s.key, s.name, s.position, s.status,
        p.id = (select d.id from pipelines d order by d.position, d.created_at, d.id limit 1)
    from stages s join pipelines p on p.id = s.pipeline_id
    order by p.position, p.created_at, p.id, s.position, s.key
$$;
