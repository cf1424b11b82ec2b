-- Contacts that the caller may read, newest first, behind (p_before_at, p_before_id) if given: with p_query those in whose name or address it
-- occurs, or with a number that ends so (see contacts_with_number); those of an owner, of an account, with a tag.
create or replace function find_contacts(
    p_query text, p_owner uuid, p_account uuid, p_tag text, p_before_at timestamptz, p_before_id uuid, p_limit int4
) returns table (created_at timestamptz, id uuid, contact jsonb)
language plpgsql stable
as $$
declare
    v_like text := '%' || replace(replace(replace(coalesce(p_query, ''), '\', '\\'), '%', '\%'), '_', '\_') || '%';
begin
    return query execute format(
        $q$
        select c.created_at, c.id, contact_json(c.id)
        from (
            select x.created_at, x.id
            from contacts x
            where %s
              and ($1 is null or $8 and x.name ilike $1 or $9 and x.email ilike $1 or x.id = any ($10))
              and ($2 is null or x.owner_id = $2)
              and ($3 is null or exists (
                  select from account_contacts ac where ac.contact_id = x.id and ac.account_id = $3
              ))
              and ($4 is null or $4 = any (x.tags))
              and ($5 is null or (x.created_at, x.id) < ($5, $6))
            order by x.created_at desc, x.id desc
            limit $7
        ) c
        order by c.created_at desc, c.id desc
        $q$, record_condition('contact', 'read', 'x')
    ) using
        case when p_query is not null then v_like end, case when shows_field('contact', 'owner_id') then p_owner end,
        case when shows_field('contact', 'accounts') then p_account end, case when shows_field('contact', 'tags') then p_tag end,
        p_before_at, p_before_id, p_limit, shows_field('contact', 'name'), shows_field('contact', 'email'),
        contacts_with_number(p_query, 500);
end
$$;
