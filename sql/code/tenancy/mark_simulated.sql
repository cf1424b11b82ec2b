-- Marks a tenant whose people are made by a generator: consoles say so on every page.
create or replace function mark_simulated(p_tenant uuid) returns setof tandem.tenant
language sql
as $$
    update tandem.tenant as t set simulated = true, updated_at = now() where t.id = p_tenant returning t.*
$$;
