-- Writes the promoted traits of the next p_limit components behind the label p_after, and answers the last of their labels;
-- null: there are no more. Each page is a transaction of its own.
create or replace function fill_promoted(p_after bigint, p_limit int4) returns bigint
language plpgsql
as $$
declare
    v_labels bigint[];
begin
    select array_agg(c.label) into v_labels
    from (select x.label from component x where x.label > p_after order by x.label limit p_limit) c;
    if v_labels is null then
        return null;
    end if;
    v_labels := lock_components(null::text, array(select n.id from node n where n.component = any (v_labels)));
    -- Whoever writes traits of theirs at this moment ends first.
    perform from (select n.id from node n where n.component = any (v_labels) order by n.id for no key update) n;
    perform write_promoted(v_labels);
    return (select max(l.label) from unnest(v_labels) l(label));
end
$$;
