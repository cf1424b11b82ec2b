-- Where a channel reaches a profile; null on a channel without addresses.
create or replace function channel_address(p_channel text, p_email text, p_phone text) returns text
language sql immutable
as $$
    select case when p_channel = 'email' then p_email when p_channel in ('sms', 'phone') then p_phone end
$$;
