-- Keys by age: a tenant's, the administration's own (p_tenant null), or the one with that id or key id.
create or replace function find_keys(p_tenant uuid, p_id uuid default null, p_keyid text default null)
returns setof tandem.api_key
language sql stable
as $$
    select * from tandem.api_key as k
    where case
        when p_id is not null then k.id = p_id
        when p_keyid is not null then k.keyid = p_keyid
        else k.tenant is not distinct from p_tenant
    end
    order by k.created_at, k.id
$$;
