-- Changes what is not null: events a second and events at once of one source. 0: no rate of its own.
create or replace function set_source_rate(p_source uuid, p_rate integer, p_burst integer, p_actor text)
returns setof tandem.source
language plpgsql
as $$
declare
    changed tandem.source;
begin
    update tandem.source as s
    set rate_per_second = nullif(coalesce(p_rate, s.rate_per_second), 0),
        burst = nullif(coalesce(p_burst, s.burst), 0), updated_at = now()
    where s.id = p_source
    returning * into changed;
    if not found then
        raise exception using errcode = 'TD001', message = 'no such source';
    end if;
    perform append_control_audit(p_actor, 'source.rate', changed.tenant, p_source::text, jsonb_strip_nulls(
        jsonb_build_object('rate_per_second', p_rate, 'burst', p_burst)));
    return next changed;
end
$$;
