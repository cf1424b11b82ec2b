-- How the payloads of a webhook source become messages, and the sealed secret that they are signed with; null: as it is. Raises
-- TD001, and TD013 for a source of another kind.
create or replace function set_source_webhook(p_source uuid, p_webhook jsonb, p_secret bytea, p_actor text)
returns setof tandem.source
language plpgsql
as $$
declare
    changed tandem.source;
begin
    update tandem.source as s
    set webhook = coalesce(p_webhook, s.webhook), webhook_secret = coalesce(p_secret, s.webhook_secret), updated_at = now()
    where s.id = p_source and s.deleted_at is null and s.kind = 'webhook'
    returning * into changed;
    if not found then
        raise exception using errcode = 'TD013', message = 'no webhook source',
            detail = 'Only a source of kind webhook has a webhook.';
    end if;
    perform append_control_audit(p_actor, 'source.webhook', changed.tenant, p_source::text, jsonb_build_object(
        'mapping', changed.webhook #>> '{mapping,name}', 'secret', p_secret is not null));
    return next changed;
end
$$;
