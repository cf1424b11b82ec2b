-- Lets the ids and the keys of a merge's losers lead to the winner, and answers the records merged into losers earlier, whose
-- ids lead to the winner from now on. p_rows: the winner first. Keys: what records of the object are looked up by.
create or replace function redirect_records(p_merge uuid, p_object jsonb, p_rows jsonb[]) returns uuid[]
language plpgsql
as $$
declare
    v_winner uuid := (p_rows[1] ->> 'id')::uuid;
    v_losers uuid[] := array(select (r ->> 'id')::uuid from unnest(p_rows[2:]) r);
    v_earlier uuid[];
begin
    with earlier as (
        update record_redirect r set new_id = v_winner where r.new_id = any (v_losers) returning r.old_id
    )
    select coalesce(array_agg(e.old_id order by e.old_id), '{}') into v_earlier from earlier e;
    insert into record_redirect (object, old_id, new_id, merge, at)
    select p_object ->> 'object', l.id, v_winner, p_merge, now() from unnest(v_losers) l(id);
    insert into record_alias (value, field, object, record_id, merge)
    select r ->> k.field, k.field, p_object ->> 'object', (r ->> 'id')::uuid, p_merge
    from unnest(p_rows[2:]) r
    cross join (
        select u ->> 0 as field from jsonb_array_elements(p_object -> 'unique') u where jsonb_array_length(u) = 1
        union
        select s from jsonb_array_elements_text(p_object -> 'soft_unique') s
        union
        select f from unnest(array['domain', 'company_key']) f where p_object ->> 'object' = 'account'
    ) k
    where r ->> k.field is not null
    on conflict do nothing;
    return v_earlier;
end
$$;
