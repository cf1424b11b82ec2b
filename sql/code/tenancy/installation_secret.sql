-- The installation's secret of that name; the first caller's random value is kept.
create or replace function installation_secret(p_name text, p_value bytea) returns bytea
language plpgsql
as $$
begin
    insert into tandem.secret (name, value) values (p_name, p_value) on conflict (name) do nothing;
    return (select s.value from tandem.secret as s where s.name = p_name);
end
$$;
