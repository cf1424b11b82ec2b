-- Servers that were seen within half a minute.
select s.id, s.code_schema, s.build, s.host, s.process, s.address, s.started_at, s.seen_at
from tandem.server as s
where s.seen_at > clock_timestamp() - interval '30 seconds'
order by s.started_at, s.id
