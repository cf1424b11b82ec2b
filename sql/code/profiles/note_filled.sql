-- Notes that all rows were written since the time p_began, which lay behind the last writer that did not know the columns.
create or replace function note_filled(p_began timestamptz) returns void
language sql
as $$
    update promoted_trait p set filled_at = now() where p.filled_at is null and p.promoted_at < p_began - interval '10 s'
$$;
