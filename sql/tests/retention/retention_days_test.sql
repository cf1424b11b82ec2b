-- retention_days: the rule with the name before that of the type, before that of all.
select plan(5);

create temp table kept as select '[{"type": "*", "days": 9}, {"type": "track", "days": 5}, {"type": "track", "event": "Beat", "days": 1}]'::jsonb as rules;

select is((select retention_days(rules, 'track', 'Beat') from kept), 1, 'its name');
select is((select retention_days(rules, 'track', 'Order') from kept), 5, 'its type');
select is((select retention_days(rules, 'page', 'Beat') from kept), 9, 'all others');
select is((select retention_days(rules, 'identify', null) from kept), 9, 'one without a name');
select is(retention_days('[{"type": "page", "days": 1}]', 'track', 'Beat'), null, 'no rule: for ever');

select * from finish();
