-- The schema for the procedures of one build, named by the setting tandem.code_schema. Run as tandem_admin.
do $$
declare
    code name := current_setting('tandem.code_schema');
begin
    execute format('create schema %I', code);
    execute format('comment on schema %I is %L', code, 'Procedures of one build, shared by all tenants.');
    execute format('grant usage on schema %I to tandem_code_user', code);
    execute format('alter default privileges for role tandem_admin in schema %I grant execute on functions to tandem_code_user', code);
end
$$;
