-- Writes into the audit that a user signed in by an identity provider, and as whom it knows them.
create or replace function note_oidc_sign_in(p_tenant uuid, p_user uuid, p_issuer text, p_subject text, p_actor text) returns void
language sql
as $$
    select append_control_audit(p_actor, 'console.sign_in', p_tenant, p_user::text,
        jsonb_build_object('issuer', p_issuer, 'subject', p_subject))
$$;
