-- Gives the row of a source in its tenant's own table the id that it has now, under the tenant's role.
create or replace function adopt_source(p_source tandem.source, p_schema text) returns void
language plpgsql
as $$
begin
    perform set_config('role', p_schema || '_app', true);
    execute format('update %I.source set source_id = $2 where id = $1', p_schema || '_i') using p_source.number, p_source.id;
    perform set_config('role', 'tandem_admin', true);
end
$$;
