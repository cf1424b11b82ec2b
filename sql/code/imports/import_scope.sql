-- What imports have in common that go on where the one before ended: object and mapping, whatever the file is called and however it is
-- written. A mapping that takes something else begins anew.
create or replace function import_scope(p_object text, p_mapping jsonb) returns bytea
language sql stable
as $$ select sha256(convert_to(p_object || ' ' || (p_mapping - 'format')::text, 'UTF8')) $$;
