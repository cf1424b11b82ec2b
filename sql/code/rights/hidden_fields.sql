-- What of an object the caller may not see, by the names that pages have (`owner` beside `owner_id`): the setting tandem.hidden is {object: [name]}.
create or replace function hidden_fields(p_object text) returns text[]
language sql stable
as $$
    select array(
        select jsonb_array_elements_text(coalesce(nullif(current_setting('tandem.hidden', true), ''), '{}')::jsonb -> p_object)
    )
$$;
