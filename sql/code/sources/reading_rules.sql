-- All that the server reads messages by, of one moment: {"version", "identity", "mappings": {number of a source: rules},
-- "plans": {number of a source: see plans_in_force}, "consent": [numbers of sources that enforce it], "suppression": {"key", "place": of the last change}}.
-- ingest_batch refuses messages that were read under another version.
create or replace function reading_rules() returns jsonb
language sql stable
as $$
    select jsonb_build_object(
        'version', s.reading_version,
        'identity', identity_rules_get(),
        'mappings', (
            select coalesce(jsonb_object_agg(m.source, m.rules), '{}')
            from (select distinct on (x.source) x.source, x.rules from source_mapping x order by x.source, x.version desc) m
            where m.rules <> '[]'),
        'plans', plans_in_force(),
        'consent', (
            select coalesce(jsonb_agg(c.source order by c.source), '[]')
            from (select distinct on (x.source) x.source, x.rules from source_consent x order by x.source, x.version desc) c
            where c.rules <> '[]'),
        'suppression', (
            select jsonb_build_object('key', encode(k.key, 'base64'), 'place', (select coalesce(max(p.seq), 0) from suppression p))
            from suppression_key k))
    from identity_state s
$$;
