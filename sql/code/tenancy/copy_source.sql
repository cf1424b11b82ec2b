-- Writes a source into its tenant's own table, which event rows are joined with, under the tenant's role.
create or replace function copy_source(p_source tandem.source, p_schema text) returns void
language plpgsql
as $$
begin
    perform set_config('role', p_schema || '_app', true);
    execute format(
        'insert into %I.source (id, source_id, name, kind) values ($1, $2, $3, $4)
         on conflict (id) do update set name = excluded.name, kind = excluded.kind', p_schema || '_i')
    using p_source.number, p_source.id, p_source.name, p_source.kind;
    perform set_config('role', 'tandem_admin', true);
end
$$;
