-- Pairs of records that may be one, newest first, whose records are both there: of one object, in one state, one alone, if given. Each with both records as
-- {"id", "object", "name", "fields"} and "cluster": how many records hang together by open pairs. p_before: the last one of the page before.
create or replace function duplicate_list(
    p_object text, p_state text, p_before uuid, p_limit int4, p_id uuid default null
) returns table (id uuid, duplicate jsonb)
language plpgsql stable
as $$
declare
    v_objects jsonb;
begin
    if to_regclass('duplicate_suggestion') is null then
        return;
    end if;
    select jsonb_object_agg(o.object, describe_object(o.object)) into v_objects
    from object_description o
    where o.object in ('account', 'contact', 'lead');
    return query
    select d.id, jsonb_build_object(
        'id', d.id, 'object', d.object, 'state', d.state, 'reasons', d.reasons, 'merge', d.merge, 'created_at', iso_time(d.created_at),
        'decided_at', iso_time(d.decided_at), 'decided_by', d.decided_by, 'cluster', duplicate_cluster(d.a),
        'score', d.score, 'explanation', d.explanation,
        'records', jsonb_build_array(
            jsonb_build_object('id', d.a, 'object', d.object, 'name', record_name(x.a), 'fields', x.a),
            jsonb_build_object('id', d.b, 'object', d.other_object, 'name', record_name(x.b), 'fields', x.b)
        )
    )
    from duplicate_suggestion d
    cross join lateral (
        select merged_now(v_objects -> d.object, d.a) as a, merged_now(v_objects -> d.other_object, d.b) as b offset 0
    ) n
    cross join lateral (
        select coalesce(n.a, merged_image(d.object, d.a)) as a, coalesce(n.b, merged_image(d.other_object, d.b)) as b offset 0
    ) x
    where (p_state is null or d.state = p_state) and (p_id is null or d.id = p_id) and (p_object is null or d.object = p_object)
      and (p_before is null or d.id < p_before)
      and x.a is not null and x.b is not null
      and may_read(d.object, d.a) and may_read(d.other_object, d.b)
      and (d.state <> 'open' or n.a is not null and n.b is not null)
    order by d.id desc
    limit p_limit;
end
$$;
