-- Whether a text has one of the forms (mention_forms).
create or replace function mentions(p_text text, p_forms text[]) returns boolean
language sql immutable
as $$
    select exists (select from unnest(p_forms) f(form) where strpos(lower(p_text), f.form) > 0)
$$;
