-- An account as its page shows it: its fields with the sources of each (the value that is shown first), who belongs to it.
-- Raises TD001.
create or replace function account_page(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_account jsonb := account_json(p_id);
begin
    perform require_right('account', p_id, 'read');
    if v_account is null then
        raise exception 'no such account' using errcode = 'TD001';
    end if;
    return v_account || jsonb_build_object(
        'children', (
            select coalesce(jsonb_agg(jsonb_build_object('id', a.id, 'name', a.name) order by a.name), '[]')
            from accounts a
            where a.parent_id = p_id and may_read('account', a.id)
        ),
        'sources', record_sources('account', p_id),
        'people', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'profile', m.profile_id, 'label', person_label(m.profile_id), 'last_seen_at', iso_time(m.last_seen_at)
            ) order by m.last_seen_at desc nulls last, m.profile_id), '[]')
            from (
                select distinct c.profile_id, p.last_seen_at
                from membership g
                join node n on n.id = g.node
                join component c on c.label = n.component
                left join profiles p on p.profile_id = c.profile_id
                where level_of('profile', 'read') = 'all' and g.group_id = any (account_groups(p_id)) and not g."left" and not exists (
                    select from membership l
                    where l.node = g.node and l.group_id = g.group_id and l."left" and l.at > g.at
                )
                order by p.last_seen_at desc nulls last, c.profile_id
                limit 50
            ) m
        )
    );
end
$$;
