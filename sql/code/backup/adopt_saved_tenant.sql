-- Ends the restore of a tenant in state creating: its settings and sources (p_saved, see saved_tenant) become those of the control plane and
-- requests may come. The sources have their numbers, which its events carry, and new ids; secrets of webhooks are not among what was saved.
create or replace function adopt_saved_tenant(p_tenant uuid, p_saved jsonb, p_actor text) returns setof tandem.source
language plpgsql
as $$
declare
    v_schema text;
    v_source record;
    v_made tandem.source;
begin
    update tandem.tenant t
    set initialised_modules = array(select jsonb_array_elements_text(p_saved #> '{settings,initialised_modules}')),
        simulated = coalesce((p_saved #>> '{settings,simulated}')::boolean, false),
        rate_per_second = (p_saved #>> '{settings,rate_per_second}')::integer,
        burst = (p_saved #>> '{settings,burst}')::integer,
        requests_per_second = (p_saved #>> '{settings,requests_per_second}')::integer,
        next_source = (p_saved #>> '{settings,next_source}')::smallint,
        state = 'active', updated_at = now()
    where t.id = p_tenant and t.state = 'creating'
    returning t.schema_name into v_schema;
    if not found then
        raise exception 'the tenant is not one that is being restored' using errcode = 'TD013';
    end if;
    for v_source in
        select s.* from jsonb_populate_recordset(null::tandem.source, p_saved -> 'sources') s order by s.number
    loop
        insert into tandem.source (
            id, tenant, number, name, kind, may_identify, may_create_accounts, may_write_crm, provenance, allowed_origins, webhook,
            rate_per_second, burst, enabled, disabled_at, deleted_at, created_at)
        values (
            uuidv7(), p_tenant, v_source.number, v_source.name, v_source.kind, v_source.may_identify, v_source.may_create_accounts,
            v_source.may_write_crm, v_source.provenance, v_source.allowed_origins, v_source.webhook, v_source.rate_per_second,
            v_source.burst, v_source.enabled, v_source.disabled_at, v_source.deleted_at, v_source.created_at)
        returning * into v_made;
        perform adopt_source(v_made, v_schema);
        continue when v_made.deleted_at is not null;
        return next v_made;
    end loop;
    perform append_control_audit(p_actor, 'tenant.restored', p_tenant, p_tenant::text,
        jsonb_build_object('from', p_saved #>> '{settings,slug}'));
end
$$;
