-- Notes in the audit that somebody brought control plane and procedures to a build, with the control migrations that no entry names yet:
-- whoever applied them may have been killed before the procedures were there.
create or replace function note_build(p_actor text, p_schema text, p_build text) returns bigint
language plpgsql
as $$
begin
    return append_control_audit(p_actor, 'installation.migrate', null, p_schema, jsonb_build_object(
        'build', p_build,
        'migrations', (
            select coalesce(jsonb_agg(m.path order by m.path), '[]')
            from tandem.control_migration as m
            where not exists (
                select from tandem.audit as a where a.action = 'installation.migrate' and a.detail -> 'migrations' ? m.path
            )
        )
    ));
end
$$;
