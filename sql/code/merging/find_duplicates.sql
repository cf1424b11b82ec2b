-- Looks for records that may be one and opens a suggestion a pair, with the reasons; pairs that somebody dismissed stay dismissed. All at
-- once where there are no more records than p_records; else the search is begun, and goes on step by step (step_duplicates): "finished" is
-- false then. Answers as step_duplicates does.
create or replace function find_duplicates(p_free_mail text[], p_records int8) returns jsonb
language plpgsql
as $$
declare
    v_progress jsonb;
begin
    if begin_duplicates() > p_records then
        return duplicate_progress();
    end if;
    loop
        v_progress := step_duplicates(p_free_mail, true);
        exit when coalesce((v_progress ->> 'finished')::boolean, true);
    end loop;
    return coalesce(v_progress, '{"finished": true, "found": 0}');
end
$$;
