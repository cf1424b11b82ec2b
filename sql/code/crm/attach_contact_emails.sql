-- The e-mail addresses of linked contacts become identifiers of their persons where nobody owns them; one that another
-- person owns opens a review entry (an edit never merges or relinks).
create or replace function attach_contact_emails(
    p_contacts uuid[], p_source smallint, p_at timestamptz, p_actor text
) returns void
language plpgsql
as $$
declare
    v_row record;
    v_labels bigint[];
begin
    if p_contacts = '{}' or not exists (
        select from contacts c
        where c.id = any (p_contacts) and c.email_norm is not null
            and (select l.node from contact_node l where l.contact_id = c.id)
                is distinct from (select i.node from identifier i where i.type = 'email' and i.value = c.email_norm)
            and exists (select from contact_node l where l.contact_id = c.id))
    then
        return;
    end if;
    perform from (
        select b.id from lock_bucket b
        where b.id = any (array(
            select distinct identifier_bucket('email', c.email_norm)
            from contacts c where c.id = any (p_contacts) and c.email_norm is not null
                and (select x.node from identifier x where x.type = 'email' and x.value = c.email_norm) is null))
        order by b.id for update) b;
    perform await_components(array(select l.node from contact_node l where l.contact_id = any (p_contacts)));
    with attached as (
        insert into identifier (type, value, node, attached_at, source)
        select distinct on (c.email_norm) 'email', c.email_norm, l.node, p_at, p_source
        from contacts c join contact_node l on l.contact_id = c.id
        where c.id = any (p_contacts) and c.email_norm is not null
        order by c.email_norm, c.id
        on conflict (type, value) do nothing
        returning node),
    counted as (
        update component k set identifiers = k.identifiers + a.n
        from (select n.component, count(*) as n from attached t join node n on n.id = t.node group by 1) a
        where k.label = a.component
        returning k.label)
    select array_agg(label) into v_labels from counted;
    if v_labels is not null then
        perform refresh_profiles(null::text, v_labels);
    end if;
    for v_row in
        select c.id, c.email_norm, l.node as home, i.node as owner
        from contacts c
        join contact_node l on l.contact_id = c.id
        join identifier i on i.type = 'email' and i.value = c.email_norm
        join node h on h.id = l.node
        join node o on o.id = i.node
        where c.id = any (p_contacts) and h.component <> o.component
        order by c.id
    loop
        perform open_review('contact:' || v_row.id || ':' || v_row.email_norm, 'contact_email',
            array[v_row.home, v_row.owner], p_at, jsonb_build_object('contact_id', v_row.id, 'actor', p_actor));
    end loop;
end
$$;
