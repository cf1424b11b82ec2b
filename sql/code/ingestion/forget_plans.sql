-- Has the session plan anew what it runs. A plan that was made while a table was known to be empty reads all of it however much
-- it grows, until somebody analyzes the table.
create or replace function forget_plans() returns void
language plpgsql
as $$
begin
    discard plans;
end
$$;
