-- Sets to null the references of other records to records that go to the bin, and answers which:
-- {id: {references: {relation: {column: [referring id]}}}}.
create or replace function null_references(p_context jsonb, p_relation text, p_column text, p_ids uuid[]) returns jsonb
language plpgsql
as $$
declare
    v_changed jsonb;
begin
    execute format(
        $q$
        with held as materialized (
            select t.id, t.%2$I as target from %1$I t
            where t.%2$I = any ($1) and not t.id = any ($1) order by t.id for no key update),
        own as (
            update %1$I t set %2$I = null where t.%2$I = any ($1) and t.id = any ($1)),
        cleared as (
            update %1$I t set %2$I = null, version = t.version + 1, updated_at = now()
            from held h where t.id = h.id returning t.id, t.version, h.target)
        select jsonb_agg(jsonb_build_object('id', id, 'version', version, 'target', target)) from cleared
        $q$, p_relation, p_column)
    into v_changed using p_ids;
    if v_changed is null then
        return '{}';
    end if;
    insert into record_history (object, record_id, version, at, actor, cause, source, action, changes)
    select o.object, (c ->> 'id')::uuid, (c ->> 'version')::integer, now(), p_context ->> 'actor', p_context ->> 'cause',
        (p_context ->> 'source')::smallint, 'update',
        jsonb_build_object(p_column, jsonb_build_array(c -> 'target', null))
    from jsonb_array_elements(v_changed) c
    join object_description o on o.relation = p_relation;
    return (
        select jsonb_object_agg(target, jsonb_build_object('references',
            jsonb_build_object(p_relation, jsonb_build_object(p_column, ids))))
        from (
            select c ->> 'target' as target, jsonb_agg(c -> 'id') as ids
            from jsonb_array_elements(v_changed) c group by 1) g);
end
$$;
