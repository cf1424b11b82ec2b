-- What the newest event traits of a contact's person say of its fed fields, by source, public sources included; also where a hand's
-- edit or another source's word has become the trait since.
create or replace function person_said(p_object text, p_id uuid)
returns table (field text, source smallint, rank smallint, at timestamptz, message_id text, value jsonb)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    if p_object <> 'contact' then
        return;
    end if;
    return query
    with member as (
        select m.id, k.field, k.key, m.traits -> k.key as value, (m.trait_ts -> k.key ->> 2)::smallint as source,
            to_timestamp(0) + ((m.trait_ts -> k.key ->> 0)::bigint * interval '1 microsecond') as at,
            m.trait_ts -> k.key ->> 1 as message_id
        from contact_node l
        join node n on n.id = l.node
        join node m on m.component = n.component
        join person_field_keys() k on m.trait_ts ? k.key
        where l.contact_id = p_id),
    said as (
        select m.field, m.key, m.source, m.at, m.message_id, m.value from member m
        union all
        select m.field, m.key, r.source, r.ts, r.message_id, r.delta -> m.key
        from member m
        cross join lateral (select o.* from trait_record o where o.node = m.id and o.delta ? m.key offset 0) r)
    select t.field, t.source, source_rank(t.source), t.at, t.message_id, t.value
    from (
        select distinct on (s.field, s.key, s.source)
            s.field, s.source, s.at, s.message_id, person_field_value(s.field, s.key, s.value) as value
        from said s
        where s.source <> 0
        order by s.field, s.key, s.source, s.at desc, s.message_id collate "C" desc) t
    where t.value is not null;
end
$$;
