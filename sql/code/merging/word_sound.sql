-- How a folded word sounds, by its first four consonants; of what has none of these letters, the word itself.
create or replace function word_sound(p_word text) returns text
language sql immutable parallel safe
as $$
    select coalesce(nullif(tandem_text.dmetaphone(p_word), ''), p_word)
$$;
