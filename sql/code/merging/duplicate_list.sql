-- Pairs of records that may be one, newest first, whose records are both there: of one object if given, in one state. Each with both records as
-- {"id", "object", "name", "fields"} and "cluster": how many records hang together by open pairs. p_before: the last one of the page before.
create or replace function duplicate_list(
    p_object text, p_state text, p_before uuid, p_limit int4
) returns table (id uuid, duplicate jsonb)
language plpgsql stable
as $$
begin
    if to_regclass('duplicate_suggestion') is null then
        return;
    end if;
    return query
    select d.id, jsonb_build_object(
        'id', d.id, 'object', d.object, 'state', d.state, 'reasons', d.reasons, 'merge', d.merge, 'created_at', iso_time(d.created_at),
        'decided_at', iso_time(d.decided_at), 'decided_by', d.decided_by, 'cluster', duplicate_cluster(d.a),
        'records', jsonb_build_array(
            jsonb_build_object('id', d.a, 'object', d.object, 'name', record_name(x.a), 'fields', x.a),
            jsonb_build_object('id', d.b, 'object', d.other_object, 'name', record_name(x.b), 'fields', x.b)
        )
    )
    from duplicate_suggestion d
    cross join lateral (
        select
            coalesce(merged_now(describe_object(d.object), d.a), merged_image(d.object, d.a)) as a,
            coalesce(merged_now(describe_object(d.other_object), d.b), merged_image(d.other_object, d.b)) as b
        offset 0
    ) x
    where d.state = p_state and (p_object is null or d.object = p_object) and (p_before is null or d.id < p_before)
      and x.a is not null and x.b is not null
      and may_read(d.object, d.a) and may_read(d.other_object, d.b)
      and (p_state <> 'open' or merged_now(describe_object(d.object), d.a) is not null
        and merged_now(describe_object(d.other_object), d.b) is not null)
    order by d.id desc
    limit p_limit;
end
$$;
