-- The opportunities in which a component's contacts have a part, as a JSON array of {"id", "name", "status"}.
create or replace function component_opportunities(p_label bigint) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select coalesce(
            jsonb_agg(jsonb_build_object('id', o.id, 'name', o.name, 'status', o.status) order by o.name, o.id), '[]'
        )
        from opportunities o
        where o.id in (
            select p.opportunity_id
            from node n
            cross join lateral (select x.contact_id from contact_node x where x.node = n.id offset 0) l
            cross join lateral (
                select x.opportunity_id from opportunity_contacts x where x.contact_id = l.contact_id offset 0
            ) p
            where n.component = p_label
        )
    );
end
$$;
