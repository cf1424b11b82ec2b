-- Takes a source away: its keys end, its name is free. Its row and number stay for the events that came from it, under a name
-- that says so. Raises TD001.
create or replace function delete_source(p_source uuid, p_actor text) returns setof tandem.source
language plpgsql
as $$
declare
    deleted tandem.source;
    tenant_schema text;
begin
    update tandem.source as s
    set name = left(s.name, 150) || ' (deleted ' || s.number || ')', enabled = false,
        disabled_at = coalesce(s.disabled_at, now()), webhook_secret = null, deleted_at = now(), updated_at = now()
    where s.id = p_source and s.deleted_at is null
    returning * into deleted;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such source';
    end if;
    update tandem.api_key as k set revoked_at = now() where k.source = p_source and k.revoked_at is null;
    select t.schema_name into strict tenant_schema from tandem.tenant as t where t.id = deleted.tenant;
    perform copy_source(deleted, tenant_schema);
    perform append_control_audit(
        p_actor, 'source.delete', deleted.tenant, p_source::text, jsonb_build_object('name', deleted.name));
    return next deleted;
end
$$;
