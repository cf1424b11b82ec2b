-- module: all
create view profile_merges as
select
    m.id as merge_id, m.ref, m.cause, m.state, m.winner as winner_id, m.loser as loser_id, c.profile_id,
    m.message_id, m.actor, m.effective_at, m.created_at, m.undone_at, m.undone_by
from merge m
join lateral (select e.a from edge e where e.merge = m.id order by e.id limit 1) e on true
join node n on n.id = e.a
left join component c on c.label = n.component;
comment on view profile_merges is 'Every merge, also those that were undone.';
comment on column profile_merges.merge_id is 'The merge.';
comment on column profile_merges.ref is 'Its name: the message that caused it, or the caller''s own.';
comment on column profile_merges.cause is 'event, manual, review or alias.';
comment on column profile_merges.state is 'applied, undone or erased.';
comment on column profile_merges.winner_id is 'The profile whose id stayed, as it was then.';
comment on column profile_merges.loser_id is 'The profile that was joined to it, as it was then.';
comment on column profile_merges.profile_id is 'The live profile of the winner''s side now.';
comment on column profile_merges.message_id is 'The message that caused it.';
comment on column profile_merges.actor is 'Who did it.';
comment on column profile_merges.effective_at is 'Time of the event, or the time that the caller gave.';
comment on column profile_merges.created_at is 'When it was executed.';
comment on column profile_merges.undone_at is 'When it was undone.';
comment on column profile_merges.undone_by is 'Who undid it.';
