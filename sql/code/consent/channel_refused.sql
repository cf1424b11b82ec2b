-- Whether a contact of the profile is not to be contacted, or is not to be reached at that address.
create or replace function channel_refused(p_label bigint, p_channel text, p_address text) returns boolean
language sql stable
as $$
    select exists (
        select
        from node n
        cross join lateral (select k.contact_id from contact_node k where k.node = n.id offset 0) k
        join contacts c on c.id = k.contact_id
        where n.component = p_label and (c.do_not_contact or exists (
            select
            from contact_channels h
            where h.contact_id = c.id and (h.opted_out or h.invalid)
              and case p_channel
                  when 'email' then h.kind = 'email' and normal_form_of('email', h.value) = normal_form_of('email', p_address)
                  else h.kind in ('phone', 'mobile') and (
                      p_address in (h.phone_e164, h.value)
                      or coalesce(h.phone_e164, normal_form_of('phone', h.value)) = normal_form_of('phone', p_address)
                  )
              end
        ))
    )
$$;
