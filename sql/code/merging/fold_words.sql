-- A text as duplicates are looked for by: without case, accents and all that is neither letter nor digit; null of nothing.
create or replace function fold_words(p_text text) returns text
language sql immutable parallel safe
as $$
    select nullif(btrim(regexp_replace(lower(
        case when p_text ~ '[^\x01-\x7f]'
            then replace(regexp_replace(normalize(p_text, nfkd), '[\u0300-\u036f]', '', 'g'), 'ß', 'ss')
            else p_text
        end
    ), '[^[:alnum:]]+', ' ', 'g')), '')
$$;
