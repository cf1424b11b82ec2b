-- An opportunity as its page shows it: with its people, its lines and its history. Raises TD001.
create or replace function opportunity_page(p_id uuid) returns jsonb
language plpgsql stable
as $$
declare
    v_opportunity jsonb := opportunity_json(p_id);
begin
    perform require_right('opportunity', p_id, 'read');
    if v_opportunity is null then
        raise exception 'no such opportunity' using errcode = 'TD001';
    end if;
    return v_opportunity || shown_fields('opportunity', (
        select jsonb_build_object('forecast_category', o.forecast_category, 'source', o.source, 'campaign', o.campaign,
            'lost_reason', o.lost_reason, 'closed_at', iso_time(o.closed_at), 'pipeline', p.name)
        from opportunities o
        join pipelines p on p.id = o.pipeline_id
        where o.id = p_id
    ) || jsonb_build_object(
        'contacts', (
            select coalesce(jsonb_agg(shown_fields('contact', jsonb_build_object(
                'id', c.id, 'name', c.name, 'email', c.email, 'title', c.title, 'role', oc.role, 'profile', c.profile_id
            )) order by oc."primary" desc, c.name, c.id), '[]')
            from opportunity_contacts oc
            join contacts c on c.id = oc.contact_id
            where oc.opportunity_id = p_id and may_read('contact', c.id)
        ),
        'products', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'name', r.name, 'quantity', op.quantity::float8, 'unit_price', op.unit_price::text, 'discount', op.discount::float8
            ) order by op.line), '[]')
            from opportunity_products op
            join products r on r.id = op.product_id
            where op.opportunity_id = p_id and may_read('product', r.id)
        ),
        'history', (
            select coalesce(jsonb_agg(jsonb_build_object(
                'at', iso_time(h.changed_at), 'recorded_at', iso_time(h.recorded_at), 'actor', h.actor, 'cause', h.cause,
                'old_stage', os.name, 'new_stage', ns.name, 'old_amount', h.old_amount::text,
                'new_amount', h.new_amount::text, 'old_close_date', h.old_close_date, 'new_close_date', h.new_close_date
            ) - case when shows_field('opportunity', 'amount') then '{}' else '{old_amount,new_amount}'::text[] end
                - case when shows_field('opportunity', 'close_date') then '{}' else '{old_close_date,new_close_date}'::text[] end order by h.seq desc), '[]')
            from opportunity_history h
            left join stages os on os.id = h.old_stage_id
            left join stages ns on ns.id = h.new_stage_id
            where h.opportunity_id = p_id
        )
    ));
end
$$;
