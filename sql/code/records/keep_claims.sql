-- Keeps what each source says of a field, whether it shows or not, and normal forms that SQL could not derive again.
create or replace function keep_claims(p_object jsonb, p_context jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
begin
    if not (p_object ->> 'ranked')::boolean then
        return;
    end if;
    insert into field_source as f (object, record_id, field, source, rank, at, message_id, actor, value)
    select p_object ->> 'object', (i ->> 'id')::uuid, c.key, (p_context ->> 'source')::smallint,
        (p_context ->> 'rank')::smallint, (i ->> 'at')::timestamptz, i ->> 'message_id', p_context ->> 'actor', c.value
    from unnest(p_items) i, jsonb_each(i -> 'claims') c
    where i ->> 'outcome' <> 'error' and (not i ? 'created' or c.value <> 'null')
    on conflict (record_id, field, source) do update
    set rank = excluded.rank, at = excluded.at, message_id = excluded.message_id, actor = excluded.actor,
        value = excluded.value
    where (f.at, f.message_id collate "C") <= (excluded.at, excluded.message_id collate "C")
        and (f.value, f.at, f.message_id) is distinct from (excluded.value, excluded.at, excluded.message_id);
    if exists (select from unnest(p_items) i where i -> 'given' ?| array['email_norm', 'phone_e164']) then
        perform keep_normal_forms(p_items);
    end if;
end
$$;
