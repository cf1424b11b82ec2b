-- Moves a record that a conversion made to the bin, unless others were merged into it since, or somebody has edited it or uses it:
-- [{"kind": removed|kept, "object", "id", "name", "reason": merged|edited|in_use}].
create or replace function remove_converted(p_object text, p_part jsonb, p_since timestamptz, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_object jsonb := describe_object(p_object);
    v_id uuid := (p_part ->> 'id')::uuid;
    v_now jsonb;
    v_reason text;
begin
    execute format('select to_jsonb(t) from %I t where t.id = $1', v_object ->> 'relation') into v_now using v_id;
    if v_now is null then
        return gone_converted(p_object, v_id);
    end if;
    v_reason := case
        -- Those others would go to the bin with it, and their merge could not be taken back any more.
        when exists (select from record_merge m where m.winner = v_id and m.state = 'applied') then 'merged'
        when exists (
            select from record_history h
            where h.record_id = v_id and h.at > p_since and split_part(h.cause, ':', 1) in ('edit', 'import', 'bulk')
        ) then 'edited'
        when exists (select from activity_links l where l.record_id = v_id)
            or exists (select from leads l where v_id in (l.converted_account_id, l.converted_contact_id, l.converted_opportunity_id))
            or exists (select from comments c where c.object_id = v_id)
            or exists (select from attachments f where f.object_id = v_id)
            or exists (select from tickets t where v_id in (t.account_id, t.contact_id))
            or p_object = 'contact' and exists (select from opportunity_contacts o where o.contact_id = v_id)
            or p_object = 'account' and (
                exists (select from account_contacts c where c.account_id = v_id)
                or exists (select from opportunities o where o.account_id = v_id)
                or exists (select from accounts a where a.parent_id = v_id)
            )
        then 'in_use'
    end;
    if v_reason is null then
        perform write_record(p_object, jsonb_build_object('op', 'delete', 'id', v_id), p_actor, 'unconvert');
    end if;
    return jsonb_build_array(jsonb_strip_nulls(jsonb_build_object(
        'kind', case when v_reason is null then 'removed' else 'kept' end, 'object', p_object, 'id', v_id, 'name', v_now -> 'name',
        'reason', v_reason
    )));
end
$$;
