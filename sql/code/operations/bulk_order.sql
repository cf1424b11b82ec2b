-- Orders that the records of p_records be changed: p_input {object, action: update|delete|restore, where, data}. Answers the operation.
-- It is done with the rights of the caller. Raises TD022 if there are not p_expected of them.
create or replace function bulk_order(
    p_id uuid, p_input jsonb, p_records uuid[], p_expected bigint, p_actor text
) returns jsonb
language plpgsql
as $$
begin
    if cardinality(p_records) <> p_expected then
        raise exception '% records', cardinality(p_records) using errcode = 'TD022', hint = cardinality(p_records)::text;
    end if;
    perform operation_start(p_id, 'bulk', p_input || caller_json(), p_expected, p_actor);
    insert into operation_record (operation_id, record_id)
    select p_id, r from unnest(p_records) r order by r;
    return operation_show(p_id);
end
$$;
