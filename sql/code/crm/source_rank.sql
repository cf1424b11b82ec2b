-- The rank of what a source's events say: 40 for people (source 0), 30 verified server sources, 20 imports, 10 public.
create or replace function source_rank(p_source smallint) returns smallint
language plpgsql stable
as $$
begin
    if p_source = 0 then
        return 40;
    end if;
    return (
        select case s.kind when 'server' then 30 when 'webhook' then 30 when 'import' then 20 when 'crm' then 40 else 10 end
        from source s where s.id = p_source);
end
$$;
