-- Writes the promoted traits of the given components to their rows of `profiles`; a row that shows the same is not touched.
-- The statement names the tenant's own columns. It is prepared once a session, tenant and set of columns, since planning it
-- costs more than running it.
create or replace function write_promoted(p_labels bigint[]) returns void
language plpgsql
as $$
declare
    v_name text := (
        select format('promoted %s %s', 'identity_state'::regclass::oid, s.promoted_version)
        from identity_state s
        where s.promoted <> '{}'
    );
begin
    if v_name is null or p_labels = '{}' then
        return;
    end if;
    -- What the session used last it has; only for another tenant is its list of statements read.
    if current_setting('tandem.promoted_statement', true) is distinct from v_name then
        if not exists (select from pg_prepared_statements s where s.name = v_name) then
            execute format('prepare %I (bigint[]) as %s', v_name, promoted_statement());
        end if;
        perform set_config('tandem.promoted_statement', v_name, false);
    end if;
    execute format('execute %I (%L)', v_name, p_labels);
end
$$;
