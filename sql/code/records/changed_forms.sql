-- Locks the records of renew_forms in the order of their ids and adds to each item old (the record as it is) and new ({column: form} of those
-- that are others). Records that are gone, were made anew meanwhile or say something else by now are left out.
create or replace function changed_forms(p_object jsonb, p_items jsonb) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[];
begin
    execute format(
        $q$
        with locked as materialized (
            select t.id, to_jsonb(t) as old from %1$I t where t.id = any ($2) order by t.id for no key update)
        select array_agg(i.value || jsonb_build_object('old', l.old) order by l.id)
        from jsonb_array_elements($1) i
        join locked l on l.id = (i.value ->> 'id')::uuid
        where (l.old ->> 'normalizer_version')::integer <> normalizer_version()
            and not exists (select from jsonb_each(i.value -> 'of') f where l.old -> f.key is distinct from f.value)
        $q$, p_object ->> 'relation')
    into v_items using p_items, array(select (i ->> 'id')::uuid from jsonb_array_elements(p_items) i);
    return array(
        select u.i || jsonb_build_object('new', (
            select coalesce(jsonb_object_agg(f.key, f.form), '{}')
            from (
                select e.key, coalesce(nullif(e.value, 'null'), to_jsonb(plain_form(
                    p_object -> 'companions' ->> e.key, u.i -> 'old' ->> (p_object -> 'companions' ->> e.key), u.i -> 'old' ->> e.key)),
                    'null') as form
                from jsonb_each(u.i -> 'forms') e) f
            where f.form <> coalesce(u.i -> 'old' -> f.key, 'null')))
        from unnest(v_items) with ordinality u (i, n) order by u.n);
end
$$;
