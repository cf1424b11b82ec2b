-- One record of people's, as part of a greater whole: as write_records, but an error is raised (TD001 to TD005, TD018), with its pointers
-- below p_pointer. Answers the record's id.
create or replace function write_record(
    p_object text, p_item jsonb, p_actor text, p_cause text, p_pointer text default '', p_rank int2 default 40
) returns uuid
language plpgsql
as $$
declare
    v_done record;
begin
    select w.* into v_done
    from write_records(p_object, 0::int2, p_rank, now(), p_actor, p_cause, jsonb_build_array(p_item)) w;
    if v_done.outcome <> 'error' then
        return v_done.id;
    end if;
    raise exception '% not written: %', p_object, v_done.code using
        errcode = case v_done.code
            when 'not_found' then 'TD001' when 'version_mismatch' then 'TD002' when 'duplicate' then 'TD003'
            when 'in_use' then 'TD005' when 'forbidden' then 'TD018' else 'TD004' end,
        detail = case
            when v_done.code = 'forbidden' then v_done.detail ->> 'detail'
            when v_done.code <> 'validation_failed' then coalesce(v_done.detail ->> 'references', v_done.detail::text, '{}')
            else (
                select jsonb_agg(e || jsonb_build_object('pointer', p_pointer || (e ->> 'pointer')))::text
                from jsonb_array_elements(v_done.detail) e
            )
        end;
end
$$;
