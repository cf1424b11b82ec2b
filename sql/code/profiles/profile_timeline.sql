-- All that happened to a profile, newest first: events, merges and their undoing, activities of its contacts. Items are
-- {"at", "kind": event|merge|undo|activity, …}. p_before_at, p_before_key: the last one of the page before. Raises TD001.
create or replace function profile_timeline(p_id uuid, p_before_at timestamptz, p_before_key text, p_limit int4)
returns table (at timestamptz, key text, item jsonb)
language plpgsql stable
as $$
declare
    v_label bigint := profile_label(p_id);
    v_before timestamptz := coalesce(p_before_at, 'infinity');
    v_key text := coalesce(p_before_key, '');
begin
    return query
    select t.at, t.key, coalesce(t.item, jsonb_build_object(
        'at', iso_time(t.at), 'kind', split_part(t.key, ':', 1), 'merge', merge_show(split_part(t.key, ':', 2)::uuid)
    ))
    from (
        select * from profile_timeline_events(v_label, v_before, v_key, p_limit)
        union all
        select * from profile_timeline_merges(v_label, v_before, v_key, p_limit)
        union all
        select * from profile_timeline_activities(v_label, v_before, v_key, p_limit)
    ) t
    where (t.at, t.key collate "C") < (v_before, v_key collate "C")
    order by t.at desc, t.key collate "C" desc
    limit p_limit;
end
$$;
