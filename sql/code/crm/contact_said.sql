-- What trusted events said of the persons behind contacts: per contact and fed field the best by (rank, time, message
-- id) over all nodes of the person's profile. p_nodes: a node for a contact that is not linked yet, in the order of
-- p_contacts. Null contacts: nothing. A public source says nothing here (it leaves a suggestion only), and an edit by
-- hand is the contact's own. A trait that was taken back says nothing, nor does what it replaced.
create or replace function contact_said(p_contacts uuid[], p_nodes bigint[])
returns table (contact_id uuid, field text, value jsonb, rank smallint, at timestamptz, message_id text, source smallint)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    -- Apart, because a tenant without the CRM has no contact_node to be planned.
    if p_contacts is null then
        return;
    end if;
    if not exists (
        select from unnest(p_nodes) n where n is not null
        union all
        select from contact_node l where l.contact_id = any (p_contacts)) then
        return;
    end if;
    return query
    with link as (
        select c.contact_id, coalesce(l.node, c.node) as node
        from unnest(p_contacts, p_nodes) c (contact_id, node)
        left join lateral (select o.node from contact_node o where o.contact_id = c.contact_id offset 0) l on true),
    member as (
        select l.contact_id, m.id as node, m.traits, m.trait_ts
        from link l
        cross join lateral (
            select o.id, o.traits, o.trait_ts
            from node o where o.component = (select n.component from node n where n.id = l.node) offset 0) m
        where m.trait_ts <> '{}'),
    known as (
        -- The newest of a node is its best if its source has the highest rank an event can have.
        select m.contact_id, m.node, k.field, k.key, coalesce(m.traits -> k.key, 'null') as value,
            source_rank((m.trait_ts -> k.key ->> 2)::smallint) as rank,
            to_timestamp(0) + ((m.trait_ts -> k.key ->> 0)::bigint * interval '1 microsecond') as at,
            m.trait_ts -> k.key ->> 1 as message_id, (m.trait_ts -> k.key ->> 2)::smallint as source
        from member m, person_field_keys() k
        where m.trait_ts ? k.key),
    earlier as (
        select k.contact_id, k.field, k.key, r.delta -> k.key as value, source_rank(r.source) as rank, r.ts as at,
            r.message_id, r.source
        from known k
        cross join lateral (select o.* from trait_record o where o.node = k.node and o.delta ? k.key offset 0) r
        where k.rank is distinct from 30)
    select b.contact_id, b.field, b.value, b.rank, b.at, b.message_id, b.source
    from (
        select distinct on (s.contact_id, s.field)
            s.contact_id, s.field, person_field_value(s.field, s.key, s.value) as value, s.rank, s.at, s.message_id, s.source
        from (
            select k.contact_id, k.field, k.key, k.value, k.rank, k.at, k.message_id, k.source from known k where k.rank = 30
            union all
            select e.contact_id, e.field, e.key, e.value, e.rank, e.at, e.message_id, e.source from earlier e
            where e.rank in (20, 30)) s
        where s.key <> 'name' or s.field = 'first_name' or person_field_value(s.field, s.key, s.value) is not null
        order by s.contact_id, s.field, s.rank desc, s.at desc, s.message_id collate "C" desc, s.key = 'name') b
    where b.value is not null;
end
$$;
