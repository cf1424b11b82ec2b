-- Whether something may be sent to a profile on a channel for a purpose: allowed, or why not: missing, denied (see consent_decision),
-- suppressed, no_address, opted_out. Every way out of Tandem asks here; what is not known for certain is no.
-- p_address: where it would go; null on a channel without addresses.
create or replace function sending_state(p_label bigint, p_channel text, p_purpose text, p_address text) returns text
language plpgsql stable
as $$
declare
    -- What goes to a telephone is written in many ways.
    c_kind constant text := case when p_channel = 'email' then 'email' when p_channel in ('sms', 'phone') then 'phone' end;
    v_consent text := consent_decision(consent_said(p_label), p_channel, p_purpose);
begin
    if v_consent is distinct from 'granted' then
        return coalesce(v_consent, 'missing');
    end if;
    if exists (
        select
        from node n
        cross join lateral (
            select i.type, i.value from identifier i where i.node = n.id and i.type in ('user_id', 'email', 'phone') offset 0
        ) i
        join suppression s on s.hash = suppression_hash(i.type, i.value) and s.lifted_at is null
        where n.component = p_label
    ) or exists (
        -- Where it would go may be a trait alone, and somebody else's identifier.
        select
        from suppression s
        where s.hash = suppression_hash(c_kind, normal_form_of(c_kind, p_address)) and s.lifted_at is null
    ) then
        return 'suppressed';
    end if;
    if p_address is null and p_channel in ('email', 'sms', 'phone') then
        return 'no_address';
    end if;
    -- A tenant without the CRM has no contacts.
    if to_regclass('contact_node') is not null then
        if channel_refused(p_label, p_channel, p_address) then
            return 'opted_out';
        end if;
    end if;
    return 'allowed';
end
$$;
