-- The first of these traits that says something: a text or a number.
create or replace function first_trait(p_traits jsonb, p_keys text[]) returns text
language sql immutable parallel safe
as $$
    select nullif(btrim(p_traits ->> k.key), '')
    from unnest(p_keys) with ordinality k (key, n)
    where jsonb_typeof(p_traits -> k.key) in ('string', 'number') and btrim(p_traits ->> k.key) <> ''
    order by k.n
    limit 1
$$;
