-- Records that would stand above themselves, now that a merge is taken back or they come from the bin, lose what they stood below:
-- {record: [column]}.
create or replace function hang_apart(p_object jsonb, p_ids uuid[]) returns jsonb
language plpgsql
as $$
declare
    v_column text;
    v_id uuid;
    v_looping boolean;
    v_lost jsonb := '{}';
begin
    for v_column in
        select l ->> 'column' from jsonb_array_elements(p_object -> 'links') l where l ->> 'relation' = p_object ->> 'relation'
    loop
        foreach v_id in array p_ids loop
            execute format(
                $q$
                with recursive above as (
                    select t.%2$I as id from %1$I t where t.id = $1
                    union
                    select t.%2$I from above a join %1$I t on t.id = a.id)
                select exists (select from above where id = $1)
                $q$, p_object ->> 'relation', v_column)
            into v_looping using v_id;
            if v_looping then
                execute format('update %1$I t set %2$I = null where t.id = $1', p_object ->> 'relation', v_column) using v_id;
                v_lost := v_lost || jsonb_build_object(v_id::text, coalesce(v_lost -> v_id::text, '[]') || to_jsonb(v_column));
            end if;
        end loop;
    end loop;
    return v_lost;
end
$$;
