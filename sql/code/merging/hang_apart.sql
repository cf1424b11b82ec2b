-- Records that would stand above themselves now that a merge is taken back lose their parent: {record: ["parent_id"]}.
create or replace function hang_apart(p_object jsonb, p_ids uuid[]) returns jsonb
language plpgsql
as $$
declare
    v_id uuid;
    v_looping boolean;
    v_lost jsonb := '{}';
begin
    if not p_object -> 'links' @> jsonb_build_array(
        jsonb_build_object('column', 'parent_id', 'relation', p_object -> 'relation')
    ) then
        return v_lost;
    end if;
    foreach v_id in array p_ids loop
        execute format(
            $q$
            with recursive above as (
                select t.parent_id as id from %1$I t where t.id = $1
                union
                select t.parent_id from above a join %1$I t on t.id = a.id)
            select exists (select from above where id = $1)
            $q$, p_object ->> 'relation')
        into v_looping using v_id;
        if v_looping then
            execute format('update %I t set parent_id = null where t.id = $1', p_object ->> 'relation') using v_id;
            v_lost := v_lost || jsonb_build_object(v_id::text, '["parent_id"]'::jsonb);
        end if;
    end loop;
    return v_lost;
end
$$;
