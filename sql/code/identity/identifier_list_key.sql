-- The key of an event's identifier list in demotion_memo.
create or replace function identifier_list_key(p_list text) returns uuid
language sql immutable strict parallel safe
as $$ select md5(p_list)::uuid $$;
