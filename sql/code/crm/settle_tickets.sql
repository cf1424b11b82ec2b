-- The rules of a ticket, applied to a wave before it is written: a new one of a contact alone is of the contact's main account;
-- solving or closing it sets solved_at, opening it again empties that.
create or replace function settle_tickets(p_items jsonb[]) returns jsonb[]
language sql stable
as $$
    select array_agg(
        case
            when i ? 'outcome' then i
            else i || jsonb_build_object('new', i -> 'new'
                || case
                    when i ? 'created' and i -> 'new' ? 'contact_id' and not i -> 'given' ? 'account_id' and a.account_id is not null
                    then jsonb_build_object('account_id', a.account_id)
                    else '{}'
                end
                || case
                    when s.is_done and not s.was_done then jsonb_build_object('solved_at', coalesce(nullif(i -> 'changed_at', 'null'), i -> 'at'))
                    when s.was_done and not s.is_done then '{"solved_at": null}'
                    else '{}'
                end)
        end
        order by n)
    from unnest(p_items) with ordinality u (i, n)
    cross join lateral (
        select
            coalesce(i #>> '{old,status}' in ('solved', 'closed'), false) as was_done,
            coalesce(
                case when i -> 'new' ? 'status' then i #>> '{new,status}' else i #>> '{old,status}' end in ('solved', 'closed'), false
            ) as is_done
    ) s
    left join lateral (
        select c.account_id from account_contacts c
        where c.contact_id = (i #>> '{new,contact_id}')::uuid and (c."to" is null or c."to" >= current_date)
        order by c."primary" desc, c.account_id
        limit 1
    ) a on true
$$;
