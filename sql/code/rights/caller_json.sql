-- In whose name the transaction runs, for work that goes on later: {"caller": {"user": id, "key": id}}; {} without roles. Which roles they
-- have is asked when the work is done.
create or replace function caller_json() returns jsonb
language sql stable
as $$
    select case when is_restricted() then jsonb_build_object('caller', jsonb_build_object(
        'user', nullif(current_setting('tandem.user', true), ''), 'key', nullif(current_setting('tandem.key', true), '')
    )) else '{}' end
$$;
