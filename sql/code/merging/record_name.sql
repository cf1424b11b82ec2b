-- How people call a record: the first of its names that says anything.
create or replace function record_name(p_row jsonb) returns text
language sql immutable
as $$
    select coalesce(
        nullif(p_row ->> 'name', ''), nullif(btrim(concat_ws(' ', p_row ->> 'first_name', p_row ->> 'last_name')), ''),
        p_row ->> 'company', p_row ->> 'email', p_row ->> 'phone', p_row ->> 'external_id'
    )
$$;
