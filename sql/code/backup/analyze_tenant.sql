-- What the planner knows of the tenant's tables, made anew at once: until PostgreSQL does so by itself, a minute later, who reads much
-- of a tenant that was just filled may read all of it again for each row. Run by the owner.
create or replace function analyze_tenant() returns void
language plpgsql
as $$
declare
    v_table text;
begin
    for v_table in select t.relation from tenant_tables() t loop
        execute format('analyze %I', v_table);
    end loop;
end
$$;
