-- What a merge or an undo changes, from profile_states before and after it: {"profiles": {"before", "after"}}, there each profile
-- with how much it has; and of each part (identifiers, traits, consent, accounts, contacts, opportunities, audiences) what is
-- another profile's afterwards, or another value: {…, "before": [{"profile", "value"?}], "after": […]}. Of contacts also the
-- fields that change: {"fields": {name: [old, new]}}.
create or replace function identity_plan(p_before jsonb, p_after jsonb) returns jsonb
language sql immutable
as $$
    with state as (
        select x.side, s.state, s.pos
        from (values ('before', p_before), ('after', p_after)) x(side, states)
        cross join lateral jsonb_array_elements(x.states) with ordinality s(state, pos)
    ), fact as (
        select s.side, s.state -> 'id' as profile, s.pos, 'identifiers' as part, i.item as what, null::jsonb as value, null::jsonb as name
        from state s
        cross join lateral jsonb_array_elements(s.state -> 'identifiers') i(item)
        union all
        select s.side, s.state -> 'id', s.pos, 'traits', jsonb_build_object('trait', t.key), t.value, null
        from state s
        cross join lateral jsonb_each(s.state -> 'traits') t
        union all
        select s.side, s.state -> 'id', s.pos, 'consent', jsonb_build_object('category', c.key), c.value, null
        from state s
        cross join lateral jsonb_each(s.state -> 'consent') c
        union all
        select
            s.side, s.state -> 'id', s.pos, p.part,
            i.item - case when i.item ? 'id' then array['fields', 'name'] else array['fields'] end, i.item -> 'fields',
            case when i.item ? 'id' then i.item -> 'name' end
        from state s
        cross join unnest(array['accounts', 'contacts', 'opportunities', 'audiences']) p(part)
        cross join lateral jsonb_array_elements(s.state -> p.part) i(item)
    ), compared as (
        select
            f.part, f.what,
            coalesce(jsonb_agg(l.entry order by f.pos) filter (where f.side = 'before'), '[]') as before,
            coalesce(jsonb_agg(l.entry order by f.pos) filter (where f.side = 'after'), '[]') as after,
            -- Traits of both sides may give a record another name; it stays the same record.
            coalesce((jsonb_agg(f.name) filter (where f.side = 'after')) -> 0, (jsonb_agg(f.name)) -> 0) as name,
            (jsonb_agg(f.value) filter (where f.side = 'before')) -> 0 as old,
            (jsonb_agg(f.value) filter (where f.side = 'after')) -> 0 as new
        from fact f
        cross join lateral (
            select jsonb_build_object('profile', f.profile)
                || case when f.part in ('traits', 'consent') then jsonb_build_object('value', f.value) else '{}' end as entry
        ) l
        group by f.part, f.what
    ), changed as (
        select
            c.part, c.what || case when c.name <> 'null' then jsonb_build_object('name', c.name) else '{}' end
            || jsonb_build_object('before', c.before, 'after', c.after) || case when c.part = 'contacts' then
                jsonb_build_object('fields', coalesce((
                    select jsonb_object_agg(k.key, jsonb_build_array(c.old -> k.key, k.value))
                    from jsonb_each(c.new) k
                    where c.old <> 'null' and k.value is distinct from c.old -> k.key
                ), '{}')) else '{}' end as item
        from compared c
        where c.before <> c.after or (c.part = 'contacts' and c.old is distinct from c.new)
    )
    select jsonb_build_object(
        'profiles', (
            select jsonb_object_agg(x.side, (
                select coalesce(jsonb_agg(
                    jsonb_build_object('id', s.state -> 'id', 'name', s.state -> 'name') || (
                        select jsonb_object_agg(k.key, case jsonb_typeof(k.value)
                            when 'array' then jsonb_array_length(k.value)
                            else (select count(*) from jsonb_object_keys(k.value)) end)
                        from jsonb_each(s.state - array['id', 'name']) k
                    )
                    order by s.pos
                ), '[]')
                from state s
                where s.side = x.side
            ))
            from unnest(array['before', 'after']) x(side)
        )
    ) || (
        select jsonb_object_agg(p.part, (
            select coalesce(jsonb_agg(c.item order by c.item), '[]') from changed c where c.part = p.part
        ))
        from unnest(array['identifiers', 'traits', 'consent', 'accounts', 'contacts', 'opportunities', 'audiences']) p(part)
    )
$$;
