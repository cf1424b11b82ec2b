-- What a call or a text that a telephony provider told of becomes: p_activity as ActivityReader makes it, {"data": fields of an
-- activity, "number"?: the other side's in E.164}. All that is told of one call (its id is external_id) is one activity, in any
-- order: what is decided is not planned again, the first beginning and the last end count, a later word of the same weight wins.
-- The first time its number is known it is linked to whose number that is (see holders_of_number). The caller holds the lock of
-- forms, so that two words on one call come one after the other.
create or replace function place_activity(p_message_id text, p_ts timestamptz, p_source int2, p_activity jsonb) returns void
language plpgsql
as $$
declare
    v_data jsonb := p_activity -> 'data';
    v_old record;
    v_links jsonb;
    v_written record;
begin
    select a.id, a.status, a.started_at, a.ended_at, a.duration_s, to_jsonb(a) as data,
        exists (select from activity_links l where l.activity_id = a.id) as linked
    into v_old
    from activities a
    where a.external_id = v_data ->> 'external_id';
    if v_old.id is not null and v_old.status <> 'planned' and coalesce(v_data ->> 'status', 'planned') = 'planned' then
        -- An early word that came late, or one on something beside the call, such as a recording: it fills what is empty.
        v_data := (
            select coalesce(jsonb_object_agg(d.key, d.value), '{}') from jsonb_each(v_data) d
            where coalesce(v_old.data -> d.key, 'null') = 'null' or d.key in ('external_id', 'started_at')
        );
    end if;
    if v_data ->> 'outcome' = 'answered' and v_data ->> 'duration_s' is null and v_data ?& array['started_at', 'ended_at'] then
        v_data := v_data || jsonb_build_object('duration_s', extract(
            epoch from (v_data ->> 'ended_at')::timestamptz - (v_data ->> 'started_at')::timestamptz)::int4);
    end if;
    if v_data ? 'status' and not v_data ? 'started_at' then
        -- What is told of the call itself says when it was; what is told of its recording does not.
        v_data := v_data || jsonb_build_object('started_at', case
            when v_data ? 'ended_at' then (v_data ->> 'ended_at')::timestamptz
                - make_interval(secs => coalesce((v_data ->> 'duration_s')::int4, v_old.duration_s, 0))
            else coalesce(v_old.started_at, p_ts)
        end);
    end if;
    v_data := v_data || jsonb_strip_nulls(jsonb_build_object(
        'started_at', least((v_data ->> 'started_at')::timestamptz, v_old.started_at),
        'ended_at', greatest((v_data ->> 'ended_at')::timestamptz, v_old.ended_at)
    ));
    v_links := case when v_old.linked is not true then holders_of_number(p_activity ->> 'number') else '[]' end;
    select w.outcome, w.code, w.detail into v_written
    from write_records(
        'activity', p_source, source_rank(p_source), p_ts, 'event', 'event',
        jsonb_build_array(
            jsonb_build_object('at', iso_time(p_ts), 'message_id', p_message_id)
            || case
                when v_old.id is null then jsonb_build_object('op', 'create', 'data', v_data || '{"source": "sync"}')
                else jsonb_build_object('op', 'update', 'id', v_old.id, 'data', v_data)
            end
            || case when v_links <> '[]' then jsonb_build_object('add', jsonb_build_object('links', v_links)) else '{}' end
        )
    ) w;
    if v_written.outcome = 'error' then
        raise exception 'an activity was not written: % %', v_written.code, v_written.detail;
    end if;
end
$$;
