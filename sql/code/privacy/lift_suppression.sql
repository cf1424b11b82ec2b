-- Takes an identifier (normalised) from the suppression list, with all that the same request put there: the person is one.
-- Answers how many.
create or replace function lift_suppression(p_type text, p_value text) returns integer
language plpgsql
as $$
declare
    v_count integer;
begin
    with lifted as (
        update suppression s
        set lifted_at = now(), seq = nextval('suppression_seq')
        where s.lifted_at is null
            and s.request in (select h.request from suppression h where h.hash = suppression_hash(p_type, p_value))
        returning s.hash
    )
    select count(*) into v_count from lifted;
    if v_count > 0 then
        update identity_state set reading_version = reading_version + 1;
    end if;
    return v_count;
end
$$;
