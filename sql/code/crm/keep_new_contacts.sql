-- What belongs to the new contacts of a wave: the link to the node of their person (choose_persons; it is chosen once), what was said of each
-- field (keep_claims), and the primary channels of those that brought no channels (sync_channels).
create or replace function keep_new_contacts(p_context jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
declare
    v_is_odd boolean;
begin
    with made as materialized (
        select u.i, u.n, (u.i ->> 'id')::uuid as id
        from unnest(p_items) with ordinality u (i, n) where u.i ->> 'outcome' = 'created'),
    linked as (
        insert into contact_node (contact_id, node)
        select m.id, (m.i ->> 'node')::bigint from made m where m.i ->> 'node' is not null order by m.id),
    reached as (
        insert into contact_channels (contact_id, kind, value, phone_e164, "primary")
        select m.id, k.kind, m.i -> 'new' ->> k.kind, case k.kind when 'phone' then m.i -> 'new' ->> 'phone_e164' end, true
        from made m, (values ('email'), ('phone')) k (kind)
        where m.i -> 'new' ->> k.kind <> '' and not coalesce(m.i -> 'child_changes' ? 'channels', false)
        order by m.id, k.kind),
    said as (
        insert into field_source (object, record_id, field, source, rank, at, message_id, actor, value)
        select 'contact', m.id, c.key, (p_context ->> 'source')::smallint, (p_context ->> 'rank')::smallint,
            (m.i ->> 'at')::timestamptz, m.i ->> 'message_id', p_context ->> 'actor', c.value
        from made m, jsonb_each(m.i -> 'claims') c
        where c.value <> 'null'
        order by m.id, c.key)
    select coalesce(bool_or(normal_form_of(k.kind, m.i -> 'given' ->> k.kind) is distinct from m.i -> 'given' ->> k.norm), false) into v_is_odd
    from made m, (values ('email', 'email_norm'), ('phone', 'phone_e164')) k (kind, norm)
    where m.i -> 'given' ->> k.norm is not null
        and (k.kind = 'phone' or m.i -> 'given' ->> k.norm <> lower(btrim(m.i -> 'given' ->> k.kind)) or exists (
            select from normal_form f where f.kind = k.kind and f.raw = m.i -> 'given' ->> k.kind));
    if v_is_odd then
        perform keep_normal_forms(p_items);
    end if;
end
$$;
