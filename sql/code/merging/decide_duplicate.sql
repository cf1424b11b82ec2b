-- Dismisses a pair of records that are two, or (p_merge) merges it, p_winner first: the older one if null. Answers the merge, or the pair's
-- {"id", "state"}. Raises TD001; TD012 already_decided; TD013 of a lead and a contact; those of merge_records.
create or replace function decide_duplicate(
    p_id uuid, p_merge boolean, p_winner uuid, p_actor text, p_dry_run boolean
) returns jsonb
language plpgsql
as $$
declare
    v_pair record;
begin
    if to_regclass('duplicate_suggestion') is not null then
        select d.* into v_pair from duplicate_suggestion d where d.id = p_id;
    end if;
    if v_pair.id is null or not may_read(v_pair.object, v_pair.a) or not may_read(v_pair.other_object, v_pair.b) then
        raise exception 'no such pair' using errcode = 'TD001';
    elsif v_pair.state <> 'open' then
        raise exception 'the pair was decided before' using errcode = 'TD012';
    end if;
    if p_merge then
        if v_pair.object <> v_pair.other_object then
            raise exception 'a lead and a contact' using errcode = 'TD013',
                detail = 'A lead becomes a part of the contact by converting it (:convert with contact_id).';
        elsif p_winner is not null and p_winner not in (v_pair.a, v_pair.b) then
            raise exception 'not one of the pair' using errcode = 'TD004',
                detail = '[{"pointer": "/winner", "code": "invalid", "detail": "has to be one of the two records"}]';
        end if;
        p_winner := coalesce(p_winner, v_pair.a);
        return merge_records(
            v_pair.object, p_winner, array[case when p_winner = v_pair.a then v_pair.b else v_pair.a end], '{}', p_actor, p_dry_run
        );
    end if;
    perform require_right(v_pair.object, v_pair.a, 'merge'), require_right(v_pair.other_object, v_pair.b, 'merge');
    update duplicate_suggestion d
    set state = 'dismissed', decided_at = now(), decided_by = p_actor
    where d.id = p_id and d.state = 'open';
    if not found then
        raise exception 'the pair was decided before' using errcode = 'TD012';
    end if;
    perform append_audit(p_actor, 'duplicate.dismissed', v_pair.object, p_id::text, '{}');
    return jsonb_build_object('id', p_id, 'object', v_pair.object, 'state', 'dismissed');
end
$$;
