-- Changes domains of renew_forms, which people see: with history and outbox, by nobody. Who said the domain says it in its new form.
create or replace function tell_domains(p_object jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
declare
    v_items jsonb[];
begin
    if p_items = '{}' then
        return;
    end if;
    v_items := update_records(p_object, array(
        select jsonb_build_object('idx', 0, 'op', 'update', 'id', i -> 'id', 'old', i -> 'old',
            'new', jsonb_build_object('domain', i #> '{new,domain}', 'normalizer_version', normalizer_version()))
        from unnest(p_items) i));
    update field_source f
    set value = i #> '{new,domain}'
    from unnest(p_items) i
    where f.record_id = (i ->> 'id')::uuid and f.field = 'domain' and f.value = i #> '{old,domain}';
    perform publish_records(
        p_object, jsonb_build_object('source', 0, 'rank', 0, 'actor', 'tandem', 'cause', 'normalize'), v_items);
end
$$;
