-- Changes what is not null: events a second, events at once, requests of the data plane a second. 0 goes back to the
-- server's default.
create or replace function set_tenant_rate(
    p_tenant uuid, p_rate integer, p_burst integer, p_requests integer, p_actor text
) returns setof tandem.tenant
language plpgsql
as $$
begin
    return query
        update tandem.tenant as t
        set rate_per_second = nullif(coalesce(p_rate, t.rate_per_second), 0),
            burst = nullif(coalesce(p_burst, t.burst), 0),
            requests_per_second = nullif(coalesce(p_requests, t.requests_per_second), 0), updated_at = now()
        where t.id = p_tenant
        returning t.*;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such tenant';
    end if;
    perform append_control_audit(p_actor, 'tenant.rate', p_tenant, p_tenant::text, jsonb_strip_nulls(
        jsonb_build_object('rate_per_second', p_rate, 'burst', p_burst, 'requests_per_second', p_requests)));
end
$$;
