-- dirty_expire, outbox_expire: what is told between the parts of Tandem does not grow for ever.
select plan(9);

insert into dirty (nodes, at)
select array[i::bigint], timestamptz '2026-01-01 00:00Z' + i * interval '1 second' from generate_series(1, 10100) i;
select is(dirty_expire('2025-12-31 00:00Z', 1000), 0, 'what is young stays');
select is(dirty_expire('2026-01-02 00:00Z', 60), 60, 'marks go in portions');
select is((select min(nodes[1]) from dirty), 61::bigint, 'the oldest first');
select is(dirty_expire('2026-01-02 00:00Z', 1000), 40, 'the newest ten thousand stay, however old they are');
select is(dirty_expire('2026-01-02 00:00Z', 1000), 0, 'then all is done');

delete from outbox;
insert into outbox (topic, key, payload, at)
select 'contact.created', i::text, '{}', timestamptz '2026-01-01 00:00Z' + i * interval '1 day' from generate_series(1, 5) i;
select is(outbox_expire('2026-01-05 00:00Z', 2), 2, 'entries go in portions');
select is(outbox_expire('2026-01-05 00:00Z', 2), 1, 'those that were told before');
select is(outbox_expire('2026-01-05 00:00Z', 2), 0, 'then all is done');
select results_eq($$ select key from outbox order by seq $$, $$ values ('4'), ('5') $$, 'the others stay');

select * from finish();
