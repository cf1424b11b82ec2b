-- Locks the records of a merge in the order of their ids, against new references too, and answers them as they are, the winner
-- first. Raises what merge_records does for records that are not there, that the caller may not merge, or that cannot be merged.
create or replace function lock_merged(p_object jsonb, p_winner uuid, p_losers uuid[]) returns jsonb[]
language plpgsql
as $$
declare
    v_ids uuid[] := p_winner || p_losers;
    v_rows jsonb[];
    v_missing record;
begin
    execute format(
        $q$
        select array_agg(to_jsonb(t) order by array_position($1, t.id))
        from (select l.* from %I l where l.id = any ($1) order by l.id for update) t
        $q$, p_object ->> 'relation')
    into v_rows using v_ids;
    select u.id, u.pos, r.new_id into v_missing
    from unnest(v_ids) with ordinality u(id, pos)
    left join record_redirect r on r.old_id = u.id and r.object = p_object ->> 'object' and may_read(r.object, r.new_id)
    where not exists (
        select from unnest(v_rows) x where x ->> 'id' = u.id::text and may_read(p_object ->> 'object', u.id)
    )
    order by u.pos
    limit 1;
    if found then
        if v_missing.new_id is not null then
            raise exception 'the record was merged before' using
                errcode = case when v_missing.pos = 1 then 'TD020' else 'TD021' end,
                detail = jsonb_build_object('id', v_missing.id, 'merged_into', v_missing.new_id)::text;
        elsif v_missing.pos = 1 then
            raise exception 'no such record' using errcode = 'TD001';
        end if;
        raise exception 'no such loser' using errcode = 'TD004', detail = jsonb_build_array(jsonb_build_object(
            'pointer', '/losers/' || v_missing.pos - 2, 'code', 'unknown_reference', 'detail', 'there is no such record'
        ))::text;
    end if;
    perform require_right(p_object ->> 'object', u.id, 'merge') from unnest(v_ids) u(id);
    if exists (select from unnest(v_rows) x where x ? 'converted_at' and x ->> 'status' = 'converted') then
        raise exception 'a converted lead' using errcode = 'TD013',
            detail = 'One of the leads is converted; take that back first (:unconvert).';
    end if;
    return v_rows;
end
$$;
