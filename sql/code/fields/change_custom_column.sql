-- Brings the default of a custom field's column and the constraint of its options to what the field says.
create or replace function change_custom_column(p_relation text, p_field jsonb) returns void
language plpgsql
as $$
declare
    v_check text := p_relation || '_' || (p_field ->> 'name') || '_check';
begin
    execute format(
        'alter table %I alter column %I %s', p_relation, p_field ->> 'name',
        coalesce('set default ' || custom_field_default(p_field), 'drop default')
    );
    if p_field ? 'options' then
        execute format(
            'alter table %1$I drop constraint if exists %2$I, add constraint %2$I check (%3$s) not valid',
            p_relation, v_check, custom_field_check(p_field)
        );
    end if;
end
$$;
