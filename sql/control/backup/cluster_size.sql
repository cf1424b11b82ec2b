-- Bytes of all databases, as a superuser.
select sum(pg_database_size(oid))::int8 as bytes from pg_database
