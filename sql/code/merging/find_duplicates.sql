-- Looks among p_objects (null: all) for records and profiles that may be one and opens a suggestion a pair, with the reasons; pairs that
-- somebody dismissed stay dismissed. All at once where there are no more than p_records; else the search is begun, and goes on step by step
-- (step_duplicates): "finished" is false then. Answers duplicate_answer.
create or replace function find_duplicates(p_free_mail text[], p_records int8, p_objects text[] default null) returns jsonb
language plpgsql
as $$
declare
    v_progress jsonb;
begin
    if begin_duplicates(p_objects) <= p_records then
        loop
            v_progress := step_duplicates(p_free_mail, true);
            exit when coalesce((v_progress ->> 'finished')::boolean, true);
        end loop;
    end if;
    return duplicate_answer();
end
$$;
