-- Gives every record that has the tag p_from the tag p_to in its place, in all objects (p_objects null) or these: by the way in for all
-- writes, so that histories, the feed of changes and versions tell of it. A record that has both keeps one. Answers {"renamed", "failed",
-- "objects": {object: records}}. Raises TD016 where more than p_limit records of an object have it.
create or replace function rename_tag(p_from text, p_to text, p_objects text[], p_actor text, p_limit integer) returns jsonb
language plpgsql
as $$
declare
    v_object record;
    v_items jsonb;
    v_renamed integer;
    v_failed integer := 0;
    v_failures integer;
    v_objects jsonb := '{}';
begin
    for v_object in
        select o.object, o.relation from object_description o
        where (p_objects is null or o.object = any (p_objects)) and to_regclass(quote_ident(o.relation)) is not null
        order by o.object
    loop
        execute format(
            $sql$
            select jsonb_agg(jsonb_build_object('op', 'update', 'id', w.id, 'data', jsonb_build_object('tags', (
                select coalesce(jsonb_agg(n.tag order by n.place), '[]')
                from (
                    select case when u.tag = $1 then $2 else u.tag end as tag, min(u.place) as place
                    from unnest(w.tags) with ordinality u(tag, place) group by 1
                ) n))) order by w.id)
            from (select t.id, t.tags from %I t where t.tags @> array[$1] order by t.id limit $3 + 1) w
            $sql$, v_object.relation)
        into v_items using p_from, p_to, p_limit;
        if v_items is null then
            continue;
        elsif jsonb_array_length(v_items) > p_limit then
            raise exception 'too many records' using errcode = 'TD016', detail = format(
                'More than %s records of %s have the tag: change them with a condition on tags instead.', p_limit, v_object.relation);
        end if;
        select count(*) filter (where w.outcome = 'updated'), count(*) filter (where w.outcome = 'error')
        into v_renamed, v_failures
        from write_records(v_object.object, 0::smallint, 40::smallint, null, p_actor, 'tag.rename', v_items) w;
        v_failed := v_failed + v_failures;
        v_objects := v_objects || jsonb_build_object(v_object.object, v_renamed);
    end loop;
    return jsonb_build_object(
        'renamed', (select coalesce(sum(n::integer), 0) from jsonb_each_text(v_objects) x(k, n)), 'failed', v_failed, 'objects', v_objects);
end
$$;
