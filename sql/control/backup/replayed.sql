-- Whether the server still replays its log, and when the last change was made that it replayed (ISO 8601).
select pg_is_in_recovery() as replays,
    to_char(pg_last_xact_replay_timestamp() at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') as last_change
