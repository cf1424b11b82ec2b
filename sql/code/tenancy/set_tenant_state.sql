-- suspend, resume, delete (with a grace period) and restore. A change to the state that already holds is no error.
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
    perform append_control_audit(p_actor, 'tenant.' || p_state, p_tenant, p_tenant::text,
        jsonb_build_object('before', before.state));
    return query
        update tandem.tenant as t
        set state = p_state, updated_at = now(), epoch = t.epoch + 1,
            suspended_at = case when p_state in ('suspended', 'deleting') then coalesce(t.suspended_at, now()) end,
            delete_after = case when p_state = 'deleting' then now() + p_grace end
        where t.id = p_tenant
        returning t.*;
end
$$;
