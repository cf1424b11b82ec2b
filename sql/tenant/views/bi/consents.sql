-- module: all
-- The fold of component_consent and the rule of consent_decision as one query: BI logins may call no procedure. Of each node its latest word on a
-- category counts; it is taken back by a later one of a node that was the same person by then (the path between both, at its latest edge); of
-- what is left the stricter holds.
create view consents as
with recursive latest as (
    select distinct on (t.node, k.key)
        t.node, n.component, k.key as category, k.value::boolean as granted, t.ts, t.message_id collate "C" as message_id, t.seq, t.source
    from consent_statement t
    join node n on n.id = t.node
    cross join lateral jsonb_each_text(t.categories) k
    order by t.node, k.key, t.ts desc, t.message_id collate "C" desc, t.seq desc
), reach as (
    select l.node as root, l.node, null::bigint as edge, '-infinity'::timestamptz as at
    from (select distinct l.node, l.component from latest l) l
    join component c on c.label = l.component and c.merges > 0
    union all
    select r.root, case when e.a = r.node then e.b else e.a end, e.id, greatest(r.at, m.effective_at)
    from reach r
    join edge e on (e.a = r.node or e.b = r.node) and e.active and e.id is distinct from r.edge
    join merge m on m.id = e.merge
), word as (
    select distinct on (s.component, s.category) s.component, s.category, s.granted, s.ts, s.source
    from latest s
    where not exists (
        select
        from reach r
        join latest o on o.node = r.node and o.category = s.category
        where r.root = s.node and r.node <> s.node and r.at <= o.ts and (o.ts, o.message_id, o.seq) > (s.ts, s.message_id, s.seq)
    )
    order by s.component, s.category, s.granted, s.ts desc
), category as (
    select distinct l.category from latest l
), channel as (
    select v.channel from (values ('email'), ('sms'), ('phone'), (null)) v(channel)
    union
    select split_part(c.category, '.', 1) from category c where c.category like '%_._%'
), purpose as (
    select c.category as purpose from category c
    where c.category not like '%_._%' and c.category not in (select h.channel from channel h where h.channel is not null)
    union
    select substr(c.category, strpos(c.category, '.') + 1) from category c where c.category like '%_._%'
)
select
    c.profile_id, h.channel, p.purpose,
    case
        when d.state = 'granted' and exists (select from suppression s where s.lifted_at is null) and exists (
            select
            from node n
            join identifier i on i.node = n.id and i.type in ('user_id', 'email', 'phone')
            cross join suppression_key k
            join suppression s on s.lifted_at is null and s.hash = sha256(
                k.key || sha256(k.key || convert_to(octet_length(i.type) || ':' || i.type || i.value, 'UTF8'))
            )
            where n.component = c.label
        ) then 'suppressed'
        else d.state
    end as state,
    d.ts, case d.source when 0 then 'people' else s.name end as source
from component c
cross join channel h
cross join purpose p
left join word e on e.component = c.label and e.category = concat_ws('.', h.channel, p.purpose)
left join word w on w.component = c.label and w.category = p.purpose
left join word g on g.component = c.label and g.category = h.channel
cross join lateral (
    select x.state, x.ts, x.source
    from (values
        (1, 'denied', e.ts, e.source, not e.granted),
        (2, 'denied', w.ts, w.source, not w.granted and (e.ts is null or e.ts < w.ts)),
        (2, 'denied', g.ts, g.source, not g.granted and (e.ts is null or e.ts < g.ts)),
        (3, 'granted', e.ts, e.source, e.granted),
        (4, 'granted', w.ts, w.source, w.granted),
        (5, 'missing', null, null, true)
    ) x(place, state, ts, source, holds)
    where x.holds
    order by x.place, x.ts desc
    limit 1
) d
left join source s on s.id = d.source;
comment on view consents is
    'What counts of consent now: a row for each live profile, channel and purpose that anybody has spoken of. The same rule as the service asks before it sends.';
comment on column consents.profile_id is 'The live profile.';
comment on column consents.channel is 'email, sms, phone, or another one that consent was given for; null: whatever the channel.';
comment on column consents.purpose is 'The purpose, as sent.';
comment on column consents.state is
    'granted, denied, missing (nobody asked, or they did not answer), or suppressed (granted, but on the suppression list).';
comment on column consents.ts is 'Since when: the time of the statement that decides; null where it is missing.';
comment on column consents.source is 'The name of the source that carried that statement; people: a colleague recorded it.';
