-- The columns of a relation that a statement may name, quoted, each behind p_prefix.
create or replace function column_list(p_relation text, p_prefix text) returns text
language sql stable
as $$
    select string_agg(p_prefix || quote_ident(c ->> 'name'), ', ')
    from jsonb_array_elements(describe_relation(p_relation) -> 'columns') c
$$;
