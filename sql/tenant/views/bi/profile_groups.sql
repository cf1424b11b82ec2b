-- module: all
create view profile_groups as
select distinct c.profile_id, j.group_id, coalesce(a.id, r.new_id) as account_id
from membership j
join node n on n.id = j.node
join component c on c.label = n.component
left join accounts a on a.group_id = j.group_id
left join record_alias x on x.value = j.group_id and x.field = 'group_id' and x.object = 'account'
left join record_redirect r on r.old_id = x.record_id
where not j."left" and not exists (
    select from membership l where l.node = j.node and l.group_id = j.group_id and l."left" and l.at > j.at
);
comment on view profile_groups is 'The groups that a profile is in: where the latest of a node''s join and leave is a join.';
comment on column profile_groups.profile_id is 'The live profile.';
comment on column profile_groups.group_id is 'The group id, as sent.';
comment on column profile_groups.account_id is 'The account that stands for the group, or that such an account was merged into; if there is one.';
