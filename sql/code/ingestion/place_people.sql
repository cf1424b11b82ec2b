-- Contacts and leads from a batch. Where the source may write contacts, a person with a user id or an e-mail address and an
-- account gets a contact, and one with a contact has its fields and accounts kept up to date; where it may write leads only, an
-- identify with an address or number fills or makes a lead. p_slow: messages that changed identity; p_named: their accounts.
create or replace function place_people(
    p_home bigint[], p_slow boolean[], p_named uuid[], p_message_id text[], p_type text[], p_ts timestamptz[], p_flags int4[],
    p_source int2[], p_pf_msg int4[], p_pf_field text[], p_pf_value text[], p_email_norm text[], p_phone_e164 text[]
) returns void
language plpgsql
as $$
declare
    c_contacts constant int4 := 128;
    c_leads constant int4 := 256;
    v_msgs int4[];
begin
    -- Normal forms that SQL cannot derive, for what folds traits later.
    insert into normal_form (kind, raw, norm)
    select distinct on (f.kind, f.raw) f.kind, f.raw, f.norm
    from (
        select p.field as kind, p.value as raw,
            case p.field when 'email' then p_email_norm[p.msg] when 'phone' then p_phone_e164[p.msg] end as norm
        from unnest(p_pf_msg, p_pf_field, p_pf_value) p(msg, field, value)
        where p.field in ('email', 'phone') and p_home[p.msg] > 0
    ) f
    where f.norm is not null and f.norm is distinct from normal_form_of(f.kind, f.raw)
    order by f.kind, f.raw
    on conflict (kind, raw) do nothing;

    select array_agg(u.pos::int4 order by u.pos) into v_msgs
    from unnest(p_home, p_slow, p_named, p_type, p_flags) with ordinality u(node, slow, named, type, flags, pos)
    where u.node > 0 and u.flags & c_contacts <> 0
      and (u.slow or u.named is not null or u.type in ('identify', 'group', 'alias'));
    if v_msgs is not null then
        perform place_contacts(
            v_msgs, p_home, p_named, p_message_id, p_ts, p_source, p_pf_msg, p_pf_field, p_pf_value, p_email_norm, p_phone_e164
        );
    end if;

    select array_agg(u.pos::int4 order by u.pos) into v_msgs
    from unnest(p_home, p_type, p_flags, p_email_norm, p_phone_e164) with ordinality
        u(node, type, flags, email_norm, phone_e164, pos)
    where u.node > 0 and u.flags & (c_contacts | c_leads) = c_leads and u.type = 'identify'
      and (u.email_norm is not null or u.phone_e164 is not null);
    if v_msgs is not null then
        perform place_leads(
            v_msgs, p_home, p_message_id, p_ts, p_source, p_pf_msg, p_pf_field, p_pf_value, p_email_norm, p_phone_e164
        );
    end if;
end
$$;
