-- Of items with what the bin holds of their records, those that the caller may not read and delete are not there.
create or replace function restrict_restores(p_object jsonb, p_items jsonb[]) returns jsonb[]
language sql stable
as $$
    select array_agg(case
        when i ? 'outcome' or is_within(p_object ->> 'object', 'delete', (i #>> '{new,owner_id}')::uuid)
            and reads_deleted(p_object ->> 'object', i -> 'new') then i
        else i || '{"outcome": "error", "code": "not_found"}' end order by n)
    from unnest(p_items) with ordinality u(i, n)
$$;
