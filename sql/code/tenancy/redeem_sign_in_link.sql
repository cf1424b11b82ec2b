-- Turns an unused link that signs in at once into a session; no row when the link is unknown, used or too old.
create or replace function redeem_sign_in_link(p_link bytea, p_session bytea, p_valid interval)
returns setof tandem.console_session
language plpgsql
as $$
declare
    link tandem.sign_in_link;
begin
    update tandem.sign_in_link as l set used_at = now()
    where l.sha256 = p_link and l.purpose = 'sign_in' and l.used_at is null and l.expires_at > now()
    returning * into link;
    if not found then
        return;
    end if;
    perform append_control_audit(link.actor, 'console.sign_in', link.tenant, encode(p_link, 'hex'));
    return query select * from start_session(p_session, link.tenant, link.user_id, link.actor, p_valid, null);
end
$$;
