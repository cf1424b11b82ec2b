-- What names a custom field: {relation: rows}, of saved lists, mappings of sources, what stages require, and money whose currency it is. A list
-- of another object counts where it leads to the field by a dot.
create or replace function custom_field_uses(p_object text, p_name text) returns jsonb
language plpgsql stable
as $$
declare
    v_here text := '"(-|[^"]*\.)?' || p_name || '"';
    v_there text := '"[^"]*\.' || p_name || '"';
    v_uses jsonb;
    v_stages bigint := 0;
begin
    if p_object = 'opportunity' and to_regclass('stages') is not null then
        select count(*) into v_stages from stages s where p_name = any (s.required_fields);
    end if;
    select jsonb_object_agg(u.relation, u.rows) into v_uses
    from (
        select 'views' as relation, count(*) as rows
        from views v
        where concat(v.filter::text, to_jsonb(v.sort)::text, to_jsonb(v.fields)::text) ~ case when v.object = p_object then v_here else v_there end
        union all
        select 'source_mapping', count(*)
        from source_mapping m
        where m.rules::text ~ v_here
            and m.version = (select max(n.version) from source_mapping n where n.source = m.source)
        union all
        select 'custom_field', count(*) from custom_field f where f.object = p_object and f.currency = p_name
        union all
        select 'stages', v_stages
    ) u
    where u.rows > 0;
    return coalesce(v_uses, '{}');
end
$$;
