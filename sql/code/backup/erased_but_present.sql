-- Identifiers that stand in the tenant's data although whoever has them was erased: a backup brought them back. Reads all of them.
create or replace function erased_but_present() returns table (type text, value text)
language plpgsql stable
as $$
begin
    return query
    with found as (
        select i.type, i.value from identifier i
        union
        select c.type, c.value from contact_identifiers() c
    )
    select f.type, f.value
    from found f
    join suppression s on s.hash = suppression_hash(f.type, f.value) and s.lifted_at is null
    join privacy_request r on r.id = s.request and r.kind = 'erase' and r.state = 'done'
    order by 1, 2;
end
$$;
