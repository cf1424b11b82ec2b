-- Tries what must not work: each tenant's role (at most p_limit of them) reads the control plane and the next tenant's nodes, and makes a
-- table. Answers what worked: nothing, if all is well.
create or replace function try_walls(p_limit integer) returns table (role text, did text)
language plpgsql
as $$
declare
    v_tenant record;
    v_try record;
begin
    for v_tenant in
        select t.schema_name as own, coalesce(lead(t.schema_name) over (order by t.schema_name), min(t.schema_name) over ()) as other
        from tandem.tenant t
        where t.state in ('active', 'suspended')
        order by t.schema_name
        limit p_limit
    loop
        for v_try in
            select * from (values
                ('reads the control plane', 'select from tandem.api_key limit 1'),
                ('makes a table', format('create table %I.intruder ()', v_tenant.own)),
                ('reads tenant ' || v_tenant.other,
                    case when v_tenant.other <> v_tenant.own then format('select from %I.node limit 1', v_tenant.other || '_i') end)
            ) x(what, statement)
            where x.statement is not null
        loop
            begin
                perform set_config('role', v_tenant.own || '_app', true);
                execute v_try.statement;
                -- Takes back what it did, too.
                raise exception 'it worked' using errcode = 'TD013';
            exception
                when insufficient_privilege then null;
                when sqlstate 'TD013' then
                    role := v_tenant.own || '_app';
                    did := v_try.what;
                    return next;
            end;
            perform set_config('role', 'tandem_admin', true);
        end loop;
    end loop;
end
$$;
