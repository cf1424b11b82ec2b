-- Takes a deletion back while its grace period lasts: the tenant is what it was before, suspended or unfinished too. One that is not in
-- deletion stays as it is.
create or replace function restore_tenant(p_tenant uuid, p_actor text) returns setof tandem.tenant
language plpgsql
as $$
declare
    before tandem.tenant;
    restored text;
begin
    select * into before from tandem.tenant as t where t.id = p_tenant for update;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such tenant';
    end if;
    if before.state <> 'deleting' then
        return next before;
        return;
    end if;
    restored := case
        when before.suspended_at is not null then 'suspended'
        -- activate_tenant comes with the first sources.
        when before.next_source = 1 then 'creating'
        else 'active'
    end;
    perform append_control_audit(p_actor, 'tenant.' || restored, p_tenant, p_tenant::text,
        jsonb_build_object('before', before.state));
    perform open_bi_logins(p_tenant, restored = 'active');
    return query
        update tandem.tenant as t
        set state = restored, updated_at = now(), epoch = t.epoch + 1, delete_after = null
        where t.id = p_tenant
        returning t.*;
end
$$;
