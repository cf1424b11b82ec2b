-- An account as a person looks at it: its people, its opportunities and what they add up to, and how much happened in the
-- last 90 days. Ids are plain. Null if there is no such account.
create or replace function account_show(p_id uuid) returns jsonb
language plpgsql stable
set jit to off
as $$
declare
    v_result jsonb;
    v_nodes bigint[];
begin
    select jsonb_build_object('id', a.id, 'name', a.name) into v_result from accounts a where a.id = p_id;
    if v_result is null or to_regclass('contacts') is null then
        return v_result;
    end if;
    v_nodes := record_timeline_nodes('account', p_id,
        array(select c.contact_id from account_contacts c where c.account_id = p_id limit 1000));
    v_result := v_result || jsonb_build_object(
        'people', (
            select coalesce(jsonb_agg(p.person order by p.last_seen_at desc nulls last, p.name), '[]')
            from (
                select jsonb_build_object('id', c.id, 'name', c.name, 'title', c.title, 'email', c.email,
                    'role', l.role, 'primary', l."primary", 'profile_id', c.profile_id, 'last_seen_at', f.last_seen_at)
                    as person, f.last_seen_at, c.name
                from account_contacts l
                join contacts c on c.id = l.contact_id
                left join profiles f on f.profile_id = c.profile_id
                where l.account_id = p_id
                order by f.last_seen_at desc nulls last, c.name
                limit 200) p),
        'opportunities', (
            select coalesce(jsonb_agg(o.opportunity order by o.position), '[]')
            from (
                select jsonb_build_object('id', o.id, 'name', o.name, 'stage', s.name, 'status', o.status,
                    'amount', o.amount, 'currency', o.currency, 'close_date', o.close_date,
                    'probability', o.probability, 'owner_id', o.owner_id, 'owner', u.name) as opportunity,
                    row_number() over (order by o.status = 'open' desc, o.close_date desc nulls last, o.id desc) as position
                from opportunities o
                join stages s on s.id = o.stage_id
                left join users u on u.id = o.owner_id
                where o.account_id = p_id
                order by position
                limit 200) o),
        'totals', (
            select coalesce(jsonb_agg(jsonb_build_object('status', t.status, 'currency', t.currency, 'count', t.n,
                'amount', t.amount) order by t.status, t.currency), '[]')
            from (
                select o.status, o.currency, count(*) as n, sum(o.amount) as amount
                from opportunities o where o.account_id = p_id group by o.status, o.currency) t),
        'activities_90d', (
            select count(distinct a.id)
            from activity_links l join activities a on a.id = l.activity_id
            where (l.record_id = p_id
                or l.record_id = any (array(select c.contact_id from account_contacts c where c.account_id = p_id)))
                and coalesce(a.started_at, a.created_at) > now() - interval '90 days'));
    if to_regclass('event_log') is not null then
        v_result := v_result || jsonb_build_object('events_90d', (
            select count(*) from event_log e where e.node = any (v_nodes) and e.ts > now() - interval '90 days'));
    end if;
    return v_result;
end
$$;
