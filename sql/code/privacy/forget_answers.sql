-- Forgets the remembered answers that are about given records: what they said of them may stand there in words. Reads the relation whole;
-- answers how many went.
create or replace function forget_answers(p_records uuid[]) returns integer
language plpgsql
as $$
declare
    v_letters text[] := array(select public_letters(r.id) from unnest(p_records) r(id));
    v_count integer;
begin
    if v_letters = '{}' then
        return 0;
    end if;
    delete from idempotency i
    where exists (
        select
        from regexp_matches(i.path || ' ' || coalesce(encode(i.body, 'escape'), ''), '_([0-9A-Za-z]{26})', 'g') found(letters)
        where lower(found.letters[1]) = any (v_letters)
    );
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
