-- The record that stands above merged ones in their hierarchy: the chosen one, else the first of their parents, winner's first,
-- that is none of them and does not stand below any of them. JSON null: none.
create or replace function above_merged(p_object jsonb, p_rows jsonb[], p_choose jsonb) returns jsonb
language plpgsql stable
as $$
declare
    v_ids uuid[] := array(select (r ->> 'id')::uuid from unnest(p_rows) r);
    v_first text := p_choose #>> '{parent_id,from}';
    v_parent text;
    v_looping boolean;
begin
    if p_choose -> 'parent_id' ? 'value' then
        return p_choose #> '{parent_id,value}';
    end if;
    for v_parent in
        select r.row ->> 'parent_id'
        from unnest(p_rows) with ordinality r(row, pos)
        where r.row ->> 'parent_id' is not null and (r.row ->> 'parent_id')::uuid <> all (v_ids)
        order by r.row ->> 'id' is not distinct from v_first desc, r.pos
    loop
        execute format(
            $q$
            with recursive above as (
                select t.id, t.parent_id from %1$I t where t.id = $1
                union
                select t.id, t.parent_id from above a join %1$I t on t.id = a.parent_id)
            select exists (select from above where id = any ($2))
            $q$, p_object ->> 'relation')
        into v_looping using v_parent::uuid, v_ids;
        if not v_looping then
            return to_jsonb(v_parent);
        end if;
    end loop;
    return 'null';
end
$$;
