-- Back to what tandem.conf says: durable. Only ALTER SYSTEM can have changed it. Each is a statement of its own, outside of transactions.
alter system reset fsync;
alter system reset full_page_writes;
alter system reset synchronous_commit;
