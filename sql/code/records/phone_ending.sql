-- The digits that a number ends with which p_text may mean, as people type them to find somebody: `+44 7700 900170`, `07700 900170`, `900170`; null: it
-- is no number, or shorter than six digits. Zeros before it dial out of a place or country, and are left away, as is one in brackets.
create or replace function phone_ending(p_text text) returns text
language sql immutable
as $$
    select case when length(d.digits) between 6 and 15 then d.digits end
    from (select ltrim(regexp_replace(replace(p_text, '(0)', ''), '[^0-9]', '', 'g'), '0') as digits) d
    where p_text ~ '^[-+0-9()./ \u00a0]{6,40}$'
$$;
