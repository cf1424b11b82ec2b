-- module: crm
-- The rest of sending_state for contacts, in its order.
create view contact_consents as
select
    k.id as contact_id, s.profile_id, s.channel, s.purpose, s.state,
    case
        when s.state <> 'granted' then s.state
        when s.channel = 'email' and p.email is null or s.channel in ('sms', 'phone') and p.phone is null then 'no_address'
        when exists (
            select
            from contacts c
            where c.profile_id = s.profile_id and (c.do_not_contact or exists (
                select
                from contact_channels h
                where h.contact_id = c.id and (h.opted_out or h.invalid)
                  and case s.channel
                      when 'email' then h.kind = 'email' and lower(btrim(h.value)) = lower(p.email)
                      when 'sms' then h.kind in ('phone', 'mobile') and p.phone in (h.phone_e164, h.value)
                      when 'phone' then h.kind in ('phone', 'mobile') and p.phone in (h.phone_e164, h.value)
                      else false
                  end
            ))
        ) then 'opted_out'
        else 'allowed'
    end as sending,
    s.ts, s.source
from contacts k
join profiles p on p.profile_id = k.profile_id
join consents s on s.profile_id = k.profile_id;
comment on view contact_consents is
    'Consent by contact, as in consents, and whether something may be sent: what POST /v1/consent:check answers. Contacts without a profile have no consent and no row.';
comment on column contact_consents.contact_id is 'The contact.';
comment on column contact_consents.profile_id is 'The live profile behind it.';
comment on column contact_consents.channel is 'email, sms, phone, or another one that consent was given for; null: whatever the channel.';
comment on column contact_consents.purpose is 'The purpose, as sent.';
comment on column contact_consents.state is 'granted, denied, missing or suppressed, as in consents.';
comment on column contact_consents.sending is
    'allowed, or why not: denied, missing, suppressed, no_address (none is known on that channel), opted_out (do_not_contact, or that address is opted out or invalid).';
comment on column contact_consents.ts is 'Since when: the time of the statement that decides; null where it is missing.';
comment on column contact_consents.source is 'The name of the source that carried that statement; people: a colleague recorded it.';
