-- Gives every item of a wave the id of its record: the one it names, or the one that its match (find_matched) or one of its matches
-- (find_by_keys) finds. Ends before an item that meets the same record as an earlier one.
create or replace function match_records(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[] := p_items;
    v_end integer;
begin
    if exists (select from unnest(v_items) i where i ? 'match') then
        v_items := find_matched(p_object, v_items);
    end if;
    if exists (select from unnest(v_items) i where i ? 'matches') then
        v_items := find_by_keys(p_object, v_items);
    end if;
    select min(n) into v_end
    from (
        select n, row_number() over (partition by i ->> 'id' order by n) as position
        from unnest(v_items) with ordinality u (i, n)
        where i ->> 'id' is not null) k
    where position > 1;
    return v_items[1:coalesce(v_end - 1, cardinality(v_items))];
end
$$;
