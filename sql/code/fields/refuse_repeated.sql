-- Says which values keep a custom field from being unique (TD017, detail: {value: records}, at most five of them); nothing where
-- none do.
create or replace function refuse_repeated(p_object text, p_name text) returns void
language plpgsql
as $$
declare
    v_values jsonb;
begin
    execute format(
        $q$
        select jsonb_object_agg(value, records)
        from (
            select t.%1$I::text as value, count(*) as records from %2$I t
            where t.%1$I is not null group by t.%1$I having count(*) > 1 order by count(*) desc, t.%1$I limit 5) v
        $q$, p_name, (select o.relation from object_description o where o.object = p_object)
    ) into v_values;
    if v_values is not null then
        raise exception 'values repeat' using errcode = 'TD017', detail = v_values::text;
    end if;
end
$$;
