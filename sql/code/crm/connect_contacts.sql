-- Links contacts that have no node yet: each to the person named beside it ({type, value}, {id} or null), else to the owner
-- of its e-mail address; an identifier that nobody owns makes a new person. Without name and address there is no link.
create or replace function connect_contacts(
    p_contacts uuid[], p_persons jsonb[], p_source smallint, p_at timestamptz
) returns void
language plpgsql
as $$
declare
    v_links jsonb[];
    v_linked uuid[];
begin
    select array_agg(jsonb_build_object('contact', c.id,
        'id', u.person ->> 'id',
        'type', case when u.person ->> 'id' is not null then null else coalesce(u.person ->> 'type', 'email') end,
        'value', coalesce(u.person ->> 'value', c.email_norm)) order by u.n)
    into v_links
    from unnest(p_contacts, p_persons) with ordinality u (contact_id, person, n)
    join contacts c on c.id = u.contact_id
    where not exists (select from contact_node l where l.contact_id = c.id)
        and (jsonb_typeof(u.person) = 'object' or c.email_norm is not null);
    if v_links is null then
        return;
    end if;
    if exists (
        select from unnest(v_links) l
        where l ->> 'id' is not null and not exists (select from node n where n.public_id = (l ->> 'id')::uuid))
    then
        raise exception 'no such profile' using errcode = 'TD008';
    end if;
    perform make_persons(
        array(select l ->> 'type' from unnest(v_links) l where l ->> 'id' is null),
        array(select l ->> 'value' from unnest(v_links) l where l ->> 'id' is null), p_source, p_at);
    with link as (
        insert into contact_node (contact_id, node)
        select (l ->> 'contact')::uuid, coalesce(n.id, i.node)
        from unnest(v_links) l
        left join node n on n.public_id = (l ->> 'id')::uuid
        left join identifier i on i.type = l ->> 'type' and i.value = l ->> 'value'
        where coalesce(n.id, i.node) is not null
        order by 1
        returning contact_id)
    select array_agg(contact_id order by contact_id) into v_linked from link;
    if v_linked is null then
        return;
    end if;
    perform await_components(array(select l.node from contact_node l where l.contact_id = any (v_linked)));
    perform echo_contact_edits(v_linked);
    perform refold_contacts(v_linked);
    insert into dirty (nodes, at)
    select array_agg(distinct l.node), now() from contact_node l where l.contact_id = any (v_linked);
end
$$;
