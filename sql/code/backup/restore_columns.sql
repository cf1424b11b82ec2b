-- Makes the columns that a tenant gave itself, once custom_field, object_description and promoted_trait are filled: those of its own
-- fields with what holds of them, and those of promoted traits. Those that are there stay. Run by the owner.
create or replace function restore_columns() returns void
language plpgsql
as $$
declare
    v_field record;
    v_trait record;
begin
    for v_field in
        select f.object, f.name, o.relation
        from custom_field f
        join object_description o on o.object = f.object
        where not exists (
            select from pg_attribute a
            where a.attrelid = to_regclass(quote_ident(o.relation)) and a.attname = f.name and not a.attisdropped
        )
        order by f.object, f.position, f.name
    loop
        perform add_custom_column(v_field.relation, custom_field_json(v_field.object, v_field.name));
    end loop;
    for v_trait in
        select p.trait, p.column_name, p.type
        from promoted_trait p
        where not exists (
            select from pg_attribute a
            where a.attrelid = 'profiles'::regclass and a.attname = p.column_name and not a.attisdropped
        )
        order by p.column_name
    loop
        execute format('alter table profiles add column %I %s', v_trait.column_name, v_trait.type);
        execute format(
            'comment on column profiles.%I is %L', v_trait.column_name,
            format('The trait %s: its newest value by the time of the event. Promoted.', v_trait.trait)
        );
    end loop;
end
$$;
