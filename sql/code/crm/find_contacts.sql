-- Contacts, newest first, behind (p_before_at, p_before_id) if given: with p_query those in whose name or address it
-- occurs; those of an owner, of an account, with a tag.
create or replace function find_contacts(
    p_query text, p_owner uuid, p_account uuid, p_tag text, p_before_at timestamptz, p_before_id uuid, p_limit int4
) returns table (created_at timestamptz, id uuid, contact jsonb)
language plpgsql stable
as $$
declare
    v_like text := '%' || replace(replace(replace(coalesce(p_query, ''), '\', '\\'), '%', '\%'), '_', '\_') || '%';
begin
    return query
    select c.created_at, c.id, contact_json(c.id)
    from (
        select x.created_at, x.id
        from contacts x
        where (p_query is null or x.name ilike v_like or x.email ilike v_like)
          and (p_owner is null or x.owner_id = p_owner)
          and (p_account is null or exists (
              select from account_contacts ac where ac.contact_id = x.id and ac.account_id = p_account
          ))
          and (p_tag is null or p_tag = any (x.tags))
          and (p_before_at is null or (x.created_at, x.id) < (p_before_at, p_before_id))
        order by x.created_at desc, x.id desc
        limit p_limit
    ) c
    order by c.created_at desc, c.id desc;
end
$$;
