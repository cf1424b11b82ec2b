-- Settles outcome, version and changes of the new records of a wave, and keeps what was said of each field (keep_claims). For contacts also
-- what belongs to them: the link to the node of their person (choose_persons; it is chosen once) and the primary channels of those
-- that brought no channels (sync_channels).
create or replace function finish_new(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[];
    v_is_odd boolean;
begin
    if not (p_object ->> 'ranked')::boolean then
        return update_records(p_object, p_items);
    elsif p_object ->> 'object' <> 'contact' then
        v_items := update_records(p_object, p_items);
        perform keep_claims(p_object, p_context, v_items);
        return v_items;
    end if;
    with item as materialized (
        select u.i, u.n, (u.i ->> 'id')::uuid as id, not u.i ? 'outcome' as is_made
        from unnest(p_items) with ordinality u (i, n)),
    linked as (
        insert into contact_node (contact_id, node)
        select m.id, (m.i ->> 'node')::bigint from item m where m.is_made and m.i ->> 'node' is not null order by m.id),
    reached as (
        insert into contact_channels (contact_id, kind, value, phone_e164, "primary")
        select m.id, k.kind, m.i -> 'new' ->> k.kind, case k.kind when 'phone' then m.i -> 'new' ->> 'phone_e164' end, true
        from item m, (values ('email'), ('phone')) k (kind)
        where m.is_made and m.i -> 'new' ->> k.kind <> '' and not coalesce(m.i -> 'child_changes' ? 'channels', false)
        order by m.id, k.kind),
    said as (
        insert into field_source (object, record_id, field, source, rank, at, message_id, actor, value)
        select 'contact', m.id, c.key, (p_context ->> 'source')::smallint, (p_context ->> 'rank')::smallint,
            (m.i ->> 'at')::timestamptz, m.i ->> 'message_id', p_context ->> 'actor', c.value
        from item m, jsonb_each(m.i -> 'claims') c
        where m.is_made and c.value <> 'null'
        order by m.id, c.key)
    select array_agg(
            case when not m.is_made then m.i
                else m.i || jsonb_build_object(
                    'changes', (
                        select coalesce(jsonb_object_agg(c.key, jsonb_build_array(null, c.value)), '{}')
                        from jsonb_each(m.i -> 'new') c where c.value <> 'null') || coalesce(m.i -> 'child_changes', '{}'),
                    'outcome', 'created', 'version', 1) end
            order by m.n),
        bool_or(m.is_made and (
            m.i -> 'given' ->> 'phone_e164' is not null or m.i -> 'given' ->> 'email_norm' <> lower(btrim(m.i -> 'given' ->> 'email'))
            or exists (select from normal_form f where f.kind = 'email' and f.raw = m.i -> 'given' ->> 'email')))
    into v_items, v_is_odd
    from item m;
    if v_is_odd then
        perform keep_normal_forms(v_items);
    end if;
    return v_items;
end
$$;
