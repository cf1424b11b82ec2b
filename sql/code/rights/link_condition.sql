-- The condition, as SQL text on a relation named t, under which an item `i` of a wave may link to a record: the caller may read it, or is
-- it, or the link is there already in the child relation (what a reader was shown may be sent back).
create or replace function link_condition(
    p_relation text, p_child text default null, p_parent text default null, p_column text default null
) returns text
language sql stable
as $$
    select case when c.condition = 'true' then c.condition else '(' || concat_ws(
        ' or ', c.condition,
        case when p_relation = 'users' then 't.id::text = current_setting(''tandem.user'', true)' end,
        case when p_child is not null then
            format('exists (select from %I y where y.%I = (i ->> ''id'')::uuid and y.%I = t.id)', p_child, p_parent, p_column) end
    ) || ')' end
    from (select relation_condition(p_relation) as condition) c
$$;
