-- Starts a new generation of dedupe keys once the window has passed since the last rotation, and empties the table that it takes
-- (its keys are older than two windows). Answers whether it did. Run by the owner's role: it truncates.
create or replace function rotate_dedupe(p_now timestamptz) returns boolean
language plpgsql
as $$
declare
    v_state record;
    v_next int2;
begin
    select s.generation, s.rotated_at, s.window_days into v_state from dedupe_state s for update;
    if p_now < v_state.rotated_at + make_interval(days => v_state.window_days) then
        return false;
    end if;
    v_next := (v_state.generation + 1) % 3;
    case v_next
        when 0 then truncate dedupe_0;
        when 1 then truncate dedupe_1;
        else truncate dedupe_2;
    end case;
    update dedupe_state set generation = v_next, rotated_at = p_now, rotations = rotations + 1;
    return true;
end
$$;
