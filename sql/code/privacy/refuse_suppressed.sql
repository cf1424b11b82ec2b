-- Contacts and leads of a wave that would have an address or a number of somebody who asked not to be there become errors; children are
-- those of records that come from the bin.
create or replace function refuse_suppressed(p_items jsonb[]) returns jsonb[]
language plpgsql stable
as $$
declare
    v_items jsonb[];
begin
    if not exists (select from suppression s where s.lifted_at is null) then
        return p_items;
    end if;
    with asked as (
        select u.n, k.pointer
        from unnest(p_items) with ordinality u(i, n)
        cross join lateral (
            select '/email' as pointer, 'email' as type, u.i #>> '{new,email_norm}' as value
            union all
            select '/phone', 'phone', u.i #>> '{new,phone_e164}'
            union all
            select '/channels', case c ->> 'kind' when 'email' then 'email' else 'phone' end,
                case c ->> 'kind' when 'email' then lower(btrim(c ->> 'value')) else c ->> 'phone_e164' end
            from jsonb_array_elements(
                coalesce(u.i #> '{data,channels}', '[]') || coalesce(u.i #> '{add,channels}', '[]')
                || coalesce(u.i #> '{children,rows,contact_channels}', '[]')) c
            where c ->> 'kind' in ('email', 'phone', 'mobile')
        ) k
        join suppression s on s.hash = suppression_hash(k.type, k.value) and s.lifted_at is null
        where not u.i ? 'outcome' and k.value is not null
    )
    select array_agg(
        case
            when r.errors is null then u.i
            else u.i || jsonb_build_object('outcome', 'error', 'code', 'validation_failed', 'detail', r.errors)
        end
        order by u.n
    )
    into v_items
    from unnest(p_items) with ordinality u(i, n)
    left join lateral (
        select jsonb_agg(distinct jsonb_build_object(
            'pointer', a.pointer, 'code', 'suppressed',
            'detail', 'belongs to a person who was erased or suppressed; take that back first (tandem privacy unsuppress)'
        )) as errors
        from asked a
        where a.n = u.n
    ) r on true;
    return v_items;
end
$$;
