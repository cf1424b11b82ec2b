-- The values of a record's own fields as texts to compare, folded where they are words.
create or replace function own_values(p_row jsonb, p_fields text[]) returns text[]
language sql immutable parallel safe
as $$
    select array(
        select case when p_row ->> f ~ '^[0-9:.+TZ-]+$' then p_row ->> f else fold_words(p_row ->> f) end
        from unnest(p_fields) with ordinality x (f, n)
        order by n
    )
$$;
