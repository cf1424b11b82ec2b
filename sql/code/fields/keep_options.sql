-- Refuses to leave out options that records hold (TD005, detail: {relation: records}).
create or replace function keep_options(p_relation text, p_old jsonb, p_new jsonb) returns void
language plpgsql
as $$
declare
    v_gone text[] := array(
        select o from unnest(custom_field_options(p_old)) o where o <> all (custom_field_options(p_new))
    );
    v_count bigint;
begin
    if v_gone = '{}' then
        return;
    end if;
    execute format(
        case p_old ->> 'type'
            when 'select' then 'select count(*) from %I t where t.%I = any ($1)'
            else 'select count(*) from %I t where t.%I && $1'
        end, p_relation, p_old ->> 'name'
    ) into v_count using v_gone;
    if v_count > 0 then
        raise exception 'options in use' using errcode = 'TD005', detail = jsonb_build_object(p_relation, v_count)::text;
    end if;
end
$$;
