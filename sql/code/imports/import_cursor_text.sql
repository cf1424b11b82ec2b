-- A cursor for people: ISO 8601 with as many digits as it has, or a number.
create or replace function import_cursor_text(p_kind text, p_value numeric) returns text
language sql stable
as $$
    select case p_kind
        when 'timestamp' then regexp_replace(
            regexp_replace(iso_time('epoch'::timestamptz + p_value * interval '1 microsecond'), '\.000000Z$', 'Z'),
            '(\.\d{3})000Z$', '\1Z')
        else p_value::text end
$$;
