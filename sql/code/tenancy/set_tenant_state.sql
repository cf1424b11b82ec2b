-- suspend, resume, and delete with a grace period, which restore_tenant alone takes back. A change to the state that already holds is no
-- error. BI logins read of an active tenant alone; the caller ends the sessions that they have (end_bi_sessions) once this is committed.
-- suspended_at says of a deleted tenant that it was suspended before.
create or replace function set_tenant_state(p_tenant uuid, p_state text, p_grace interval, p_actor text)
returns setof tandem.tenant
language plpgsql
as $$
declare
    before tandem.tenant;
begin
    select * into before from tandem.tenant as t where t.id = p_tenant for update;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such tenant';
    end if;
    if before.state = p_state then
        return next before;
        return;
    end if;
    if before.state = 'creating' and p_state <> 'deleting' then
        raise exception using errcode = 'TD013', message = 'the tenant is not complete',
            detail = 'run tenant create with the same name to continue';
    end if;
    if before.state = 'deleting' then
        raise exception using errcode = 'TD013', message = 'the tenant is in deletion',
            detail = format('take it back first: tandem tenant restore %s', before.slug);
    end if;
    perform append_control_audit(p_actor, 'tenant.' || p_state, p_tenant, p_tenant::text,
        jsonb_build_object('before', before.state));
    perform open_bi_logins(p_tenant, p_state = 'active');
    return query
        update tandem.tenant as t
        set state = p_state, updated_at = now(), epoch = t.epoch + 1,
            suspended_at = case p_state when 'suspended' then now() when 'deleting' then t.suspended_at end,
            delete_after = case when p_state = 'deleting' then now() + p_grace end
        where t.id = p_tenant
        returning t.*;
end
$$;
