-- The rules of a lead, applied to a wave before it is written: only a conversion sets `converted`, and only taking it back
-- changes a converted lead.
create or replace function guard_leads(p_context jsonb, p_items jsonb[]) returns jsonb[]
language sql stable
as $$
    select array_agg(
        case
            when i ? 'outcome' or p_context ->> 'cause' in ('convert', 'unconvert') or i -> 'new' = '{}' then i
            when i #>> '{old,status}' = 'converted' then i || jsonb_build_object(
                'outcome', 'error', 'code', 'conflict',
                'detail', jsonb_build_object('detail', 'The lead is converted; take that back first (:unconvert).')
            )
            when i #>> '{new,status}' = 'converted' then i || jsonb_build_object(
                'outcome', 'error', 'code', 'validation_failed', 'detail', jsonb_build_array(jsonb_build_object(
                    'pointer', '/status', 'code', 'read_only', 'detail', 'is set by converting the lead (:convert)'
                ))
            )
            else i
        end
        order by n
    )
    from unnest(p_items) with ordinality u(i, n)
$$;
