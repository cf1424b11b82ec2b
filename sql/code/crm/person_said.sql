-- What the newest event traits of a contact's person say of its fed fields, public sources included.
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
    select t.field, t.source, source_rank(t.source), t.at, t.message_id, t.value
    from (
        select k.field, (m.trait_ts -> k.key ->> 2)::smallint as source,
            to_timestamp(0) + ((m.trait_ts -> k.key ->> 0)::bigint * interval '1 microsecond') as at,
            m.trait_ts -> k.key ->> 1 as message_id, person_field_value(k.field, k.key, m.traits -> k.key) as value
        from contact_node l
        join node n on n.id = l.node
        join node m on m.component = n.component
        join person_field_keys() k on m.trait_ts ? k.key
        where l.contact_id = p_id) t
    where t.source <> 0 and t.value is not null;
end
$$;
