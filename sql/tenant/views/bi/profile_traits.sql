-- module: all
create view profile_traits as
select
    f.profile_id, f.trait, f.value_json #>> '{}' as value, f.value_json, f.ts, f.message_id, s.name as source
from (
    select distinct on (c.profile_id, t.trait)
        c.profile_id, t.trait, n.traits -> t.trait as value_json,
        'epoch'::timestamptz + (t.stamp ->> 0)::bigint * interval '1 microsecond' as ts,
        t.stamp ->> 1 as message_id, (t.stamp ->> 2)::smallint as source
    from component c
    join node n on n.component = c.label
    cross join lateral jsonb_each(n.trait_ts) t(trait, stamp)
    order by
        c.profile_id, t.trait, (t.stamp ->> 2 = '0') desc, (t.stamp ->> 0)::bigint desc, (t.stamp ->> 1) collate "C" desc
) f
left join source s on s.id = f.source
where f.value_json is not null;
comment on view profile_traits is 'The traits of each profile: per key the newest value by (time of the event, message id); what is null is not shown.';
comment on column profile_traits.profile_id is 'The live profile.';
comment on column profile_traits.trait is 'The trait''s key, as sent.';
comment on column profile_traits.value is 'The value as text.';
comment on column profile_traits.value_json is 'The value as sent.';
comment on column profile_traits.ts is 'Timestamp of the event that set it.';
comment on column profile_traits.message_id is 'The message that set it.';
comment on column profile_traits.source is 'The name of the source that set it.';
