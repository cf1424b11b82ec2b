-- What counts of a profile's consent, as consent_decision reads it: {category: {"granted", "ts"}}.
create or replace function consent_said(p_label bigint) returns jsonb
language sql stable
as $$
    select coalesce(jsonb_object_agg(c.category, jsonb_build_object('granted', c.granted, 'ts', c.ts)), '{}')
    from component_consent(p_label) c
$$;
