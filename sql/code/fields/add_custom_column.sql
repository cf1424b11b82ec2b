-- The column of a custom field with its constraints and its comment; without its index, which is made beside the work of others.
create or replace function add_custom_column(p_relation text, p_field jsonb) returns void
language plpgsql
as $$
declare
    v_name text := p_field ->> 'name';
    v_check text := custom_field_check(p_field);
    v_target text := (select o.relation from object_description o where o.object = p_field ->> 'target');
begin
    execute format(
        'alter table %I add column %I %s%s%s', p_relation, v_name, custom_field_column(p_field ->> 'type'),
        ' default ' || custom_field_default(p_field), case when p_field ->> 'type' = 'multi_select' then ' not null' end
    );
    if v_check is not null then
        execute format('alter table %I add constraint %I check (%s) not valid', p_relation, p_relation || '_' || v_name || '_check', v_check);
    end if;
    if v_target is not null then
        execute format(
            'alter table %I add constraint %I foreign key (%I) references %I (id) not valid',
            p_relation, p_relation || '_' || v_name || '_fkey', v_name, v_target
        );
    end if;
    execute format('comment on column %I.%I is %L', p_relation, v_name, custom_field_comment(p_field));
end
$$;
