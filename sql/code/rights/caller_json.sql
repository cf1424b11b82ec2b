-- In whose name the transaction runs, for work that goes on later: {"caller": {"roles": [id], "user": id}}; {} without roles.
create or replace function caller_json() returns jsonb
language sql stable
as $$
    select case when is_restricted() then jsonb_build_object('caller', jsonb_build_object(
        'roles', to_jsonb(current_setting('tandem.roles')::uuid[]), 'user', nullif(current_setting('tandem.user', true), '')
    )) else '{}' end
$$;
