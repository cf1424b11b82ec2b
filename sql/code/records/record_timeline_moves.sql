-- The newest changes of the opportunities whose time is known, as rows of record_timeline.
create or replace function record_timeline_moves(
    p_opportunities uuid[], p_limit integer, p_before timestamptz, p_key text
) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select coalesce(jsonb_agg(jsonb_build_object('at', r.at, 'key', r.key, 'kind', 'opportunity', 'data', r.data)), '[]')
        from (
            select h.changed_at as at, h.key, jsonb_build_object(
                'id', h.opportunity_id, 'name', o.name, 'from_stage', f.name, 'to_stage', t.name, 'status', h.new_status,
                'amount', h.new_amount, 'currency', h.new_currency, 'actor', h.actor, 'cause', h.cause) as data
            from (
                select c.*, 'opportunity:' || c.opportunity_id || ':' || lpad(c.seq::text, 8, '0') as key
                from opportunity_history c
                where c.opportunity_id = any (p_opportunities) and c.changed_at is not null
                    and c.old_stage_id is distinct from c.new_stage_id) h
            join opportunities o on o.id = h.opportunity_id
            left join stages f on f.id = h.old_stage_id
            left join stages t on t.id = h.new_stage_id
            where (h.changed_at, h.key collate "C") < (p_before, p_key)
            order by h.changed_at desc, h.key collate "C" desc
            limit p_limit) r);
end
$$;
