-- Lets the server read its configuration again. archives: it can keep its write-ahead log, which is decided when it starts.
select pg_reload_conf() as done, current_setting('archive_mode') = 'on' as archives
