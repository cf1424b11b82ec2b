-- What whoever asked for the search for duplicates is told of how far it is: duplicate_progress; whoever's rights are those of roles learns of the
-- pairs alone that they may read: {"finished", "found"}.
create or replace function duplicate_answer() returns jsonb
language plpgsql stable
as $$
declare
    v_progress jsonb;
begin
    if to_regclass('duplicate_search') is not null then
        v_progress := duplicate_progress();
    end if;
    if is_restricted() then
        return jsonb_build_object('finished', coalesce((v_progress ->> 'finished')::boolean, true), 'found', readable_found());
    end if;
    return coalesce(v_progress, '{"finished": true, "found": 0}');
end
$$;
