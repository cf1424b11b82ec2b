-- For simulations of rules: the pairs of nodes that nothing but a person may join.
create or replace function evidence_separations() returns table (a bigint, b bigint)
language sql stable
as $$ select s.a, s.b from separation s $$;
