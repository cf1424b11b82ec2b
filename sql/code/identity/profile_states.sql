-- What the profiles of the given nodes have, for identity_plan to compare: an array of {"id", "name", "identifiers", "traits",
-- "consent", "accounts", "contacts", "opportunities", "audiences"}, the oldest first. Nodes that were erased have no profile.
create or replace function profile_states(p_nodes bigint[]) returns jsonb
language plpgsql stable
as $$
declare
    v_crm boolean := to_regclass('contact_node') is not null;
    v_label bigint;
    v_states jsonb := '[]';
begin
    for v_label in
        select c.label
        from component c
        where c.label = any (array(select n.component from node n where n.id = any (p_nodes)))
        order by c.public_node
    loop
        v_states := v_states || ((
            select jsonb_build_object(
                'id', c.profile_id, 'name', person_label(c.profile_id),
                'identifiers', (
                    select coalesce(jsonb_agg(jsonb_build_object('type', i.type, 'value', i.value)), '[]')
                    from node n
                    cross join lateral (select o.type, o.value from identifier o where o.node = n.id offset 0) i
                    where n.component = c.label
                ),
                'traits', (select coalesce(jsonb_object_agg(t.trait, t.value), '{}') from component_traits(c.label) t),
                'consent', (select coalesce(jsonb_object_agg(s.category, s.granted), '{}') from component_consent(c.label) s),
                'accounts', component_accounts(c.label), 'audiences', '[]'::jsonb
            )
            from component c
            where c.label = v_label
        ) || jsonb_build_object(
            'contacts', case when v_crm then component_contacts(v_label) else '[]' end,
            'opportunities', case when v_crm then component_opportunities(v_label) else '[]' end
        ));
    end loop;
    return v_states;
end
$$;
