-- A record as it is now; null if it is not there.
create or replace function merged_now(p_object jsonb, p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_row jsonb;
begin
    execute format('select to_jsonb(t) from %I t where t.id = $1', p_object ->> 'relation') into v_row using p_id;
    return v_row;
end
$$;
