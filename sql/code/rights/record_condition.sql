-- The condition, as SQL text on a relation named p_alias, under which the caller may do something with a record: the one predicate
-- that lists, sums, search, writes and all else are made with. Its parts come from here and from object_description only.
--
-- Reading reaches further than owners: whoever may read a contact, an opportunity or a ticket may read its account, whoever may read a
-- record its activities. What follows its record (comments, files) is read with that alone, at any level but none. Which owners there are is asked once a statement (reach).
-- What nobody owns is read by the team too, that somebody takes it (reads_unowned); it opens no account, and an activity of nobody that is
-- linked is read with its links alone. p_unowned false: without it.
create or replace function record_condition(
    p_object text, p_action text default 'read', p_alias text default 't', p_unowned boolean default true
) returns text
language plpgsql stable
as $$
declare
    v_level text := level_of(p_object, p_action);
    v_ways text[];
    v_follows boolean := false;
begin
    if p_action = 'read' and v_level <> 'none' and is_restricted() then
        v_follows := coalesce((select d.follows from object_description d where d.object = p_object), false);
    end if;
    if p_object = 'view' and p_action = 'read' and v_level <> 'none' and is_restricted() then
        -- Not by level: a list is everybody's, or its owner's alone.
        return format('(%1$I.shared or %1$I.owner_id = nullif(current_setting(''tandem.user'', true), '''')::uuid)', p_alias);
    elsif v_level in ('all', 'none') and not v_follows then
        return (v_level = 'all')::text;
    elsif (select o.shared from object_description o where o.object = p_object) then
        return (p_action = 'read')::text;
    end if;
    if v_follows then
        -- By the record alone: who may not read that is told nothing that was said of it or put beside it.
        select array_agg(
            format('%I.object = %L and exists (select from %I r where r.id = %I.object_id and %s)', p_alias, c.object, c.relation, p_alias, c.readable)
            order by c.object
        ) filter (where c.readable <> 'false')
        into v_ways
        from (
            select o.object, o.relation, record_condition(o.object, 'read', 'r') as readable
            from object_description o
            where not o.follows and o.object <> 'view' and to_regclass(quote_ident(o.relation)) is not null
        ) c
        -- Who reads every record reads all that is said of them, as without a role.
        having bool_or(c.readable <> 'true');
        return case when not found then 'true' when v_ways is null then 'false' else '(' || array_to_string(v_ways, ' or ') || ')' end;
    end if;
    v_ways := array[format('%I.owner_id = any ((select reach(%L, %L))::uuid[])', p_alias, p_object, p_action)];
    if p_unowned and p_action = 'read' and p_object = 'activity' and reads_unowned(p_object) then
        v_ways := v_ways || format(
            '%1$I.owner_id is null and not exists (select from activity_links n where n.activity_id = %1$I.id)', p_alias
        );
    elsif p_unowned and p_action = 'read' and reads_unowned(p_object) then
        v_ways := v_ways || format('%I.owner_id is null', p_alias);
    end if;
    if p_action = 'read' and p_object = 'account' and to_regclass('contacts') is not null then
        v_ways := v_ways || format(
            'exists (select from opportunities o where o.account_id = %I.id and %s)', p_alias,
            record_condition('opportunity', 'read', 'o', false)
        ) || format(
            'exists (select from account_contacts p join contacts c on c.id = p.contact_id where p.account_id = %I.id and %s)',
            p_alias, record_condition('contact', 'read', 'c', false)
        );
        if to_regclass('tickets') is not null then
            v_ways := v_ways || format(
                'exists (select from tickets k where k.account_id = %I.id and %s)', p_alias, record_condition('ticket', 'read', 'k', false)
            );
        end if;
    elsif p_action = 'read' and p_object = 'activity' then
        v_ways := v_ways || array(
            select format(
                'exists (select from activity_links l join %I x on x.id = l.record_id where l.activity_id = %I.id and l.object = %L and %s)',
                o.relation, p_alias, o.object, record_condition(o.object, 'read', 'x')
            )
            from object_description o
            where o.object in ('account', 'contact', 'lead', 'opportunity', 'ticket') and to_regclass(quote_ident(o.relation)) is not null
            order by o.object
        );
    end if;
    return '(' || array_to_string(v_ways, ' or ') || ')';
end
$$;
