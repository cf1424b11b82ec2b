-- module: all
create view consent_statements as
select c.profile_id, k.key as category, k.value::boolean as granted, t.ts, t.message_id, s.name as source
from consent_statement t
join node n on n.id = t.node
join component c on c.label = n.component
cross join lateral jsonb_each_text(t.categories) k
left join source s on s.id = t.source;
comment on view consent_statements is
    'What was said of consent, each time. What counts now is the API''s consent: merges take the stricter, later statements win.';
comment on column consent_statements.profile_id is 'The live profile.';
comment on column consent_statements.category is 'The purpose, as sent; channel.purpose for one channel alone.';
comment on column consent_statements.granted is 'Agreed or refused.';
comment on column consent_statements.ts is 'When it was said.';
comment on column consent_statements.message_id is 'The message that carried it; empty for what a person recorded.';
comment on column consent_statements.source is 'The name of its source; empty for what a person recorded.';
