-- Lets a sequence of the tenant go on behind a value. Run by the owner.
create or replace function restore_sequence(p_sequence text, p_value bigint) returns bigint
language sql
as $$
    select setval(quote_ident(p_sequence)::regclass, p_value)
$$;
