-- How a tenant's records of an object are compared: {"own": [{"name", "type"}], "fields": [name]}: the tenant's own fields that are, and
-- "free_mail": domains that say nothing of a company.
create or replace function match_options(p_object text, p_free_mail text[]) returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'own', coalesce(jsonb_agg(jsonb_build_object('name', f.name, 'type', f.type) order by f.position, f.name), '[]'),
        'fields', coalesce(jsonb_agg(f.name order by f.position, f.name), '[]'),
        'free_mail', to_jsonb(p_free_mail)
    )
    from custom_field f
    where f.object = p_object and f.compared and not f.hidden
$$;
