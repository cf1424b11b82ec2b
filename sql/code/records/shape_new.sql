-- load_records and weigh_fields for a wave of records that are new for certain (no item names an id): adds id, created, given, at,
-- message_id, new and claims. Nobody has said anything of them, so all that is given shows. Where JSON has the columns' own form already
-- it stays as it is; else each value gets it, and where a type is not known here, load_records does so through a whole row.
create or replace function shape_new(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_types jsonb := p_object -> 'writable';
    v_currency text := nullif(current_setting('tandem.currency', true), '');
    -- What a new record has that is given no other.
    v_base jsonb := case
        when v_currency is not null and v_types ? 'currency' and not (p_object ->> 'ranked')::boolean
        then jsonb_build_object('currency', v_currency) else '{}' end;
    v_companions text[] := array(select jsonb_object_keys(p_object -> 'companions'));
    v_items jsonb[];
    v_is_known boolean;
begin
    select array_agg(
            u.i || jsonb_build_object(
                'created', true, 'id', uuidv7(), 'at', coalesce(u.i ->> 'at', p_context ->> 'at'),
                'message_id', coalesce(u.i ->> 'message_id', ''), 'given', d.data, 'new', d.data, 'claims', d.data - v_companions)
            order by u.n),
        bool_and(k.is_known)
    into v_items, v_is_known
    from unnest(p_items) with ordinality u (i, n)
    cross join lateral (
        select v_base || coalesce(nullif(u.i -> 'fill', 'null'), '{}') || coalesce(nullif(u.i -> 'match', 'null'), '{}')
            || coalesce(nullif(u.i -> 'data', 'null'), '{}') as data
        offset 0) d
    cross join lateral (
        select coalesce(bool_and(coalesce(case jsonb_typeof(e.value)
            when 'string' then v_types ->> e.key = 'text'
                or v_types ->> e.key = 'uuid' and e.value #>> '{}' ~ '^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$'
            when 'boolean' then v_types ->> e.key = 'boolean' end, false)), true) as is_known
        from jsonb_each(d.data) e) k;
    if not v_is_known then
        select q.items, q.is_known into v_items, v_is_known from shape_values(p_object, v_items) q (items, is_known);
    end if;
    if not v_is_known then
        v_items := weigh_fields(p_object, p_context, load_records(p_object, p_context, p_items));
    elsif is_restricted() then
        -- Who may do less may be made the owner of what is given none.
        v_items := weigh_fields(p_object, p_context, restrict_items(p_object, p_context, v_items));
    end if;
    return v_items;
end
$$;
