-- Creates and updates one wave of records. Takes items with ids (match_records) and returns them with outcome, version,
-- action and changes: {field: [old, new]}.
create or replace function save_records(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_name text := p_object ->> 'object';
    -- New for certain, and of nobody yet.
    v_is_new boolean := not exists (
        select from unnest(p_items) i
        where i ?| array['id', 'outcome', 'if_match', 'node'] or i ->> 'op' is null or i ->> 'op' not in ('create', 'upsert'));
    v_items jsonb[];
    v_ids uuid[];
begin
    if v_is_new then
        v_items := shape_new(p_object, p_context, p_items);
    else
        v_items := weigh_fields(p_object, p_context, load_records(p_object, p_context, p_items));
    end if;
    if v_name = 'opportunity' then
        v_items := require_stage_fields(p_object, settle_opportunities(v_items));
    elsif v_name = 'lead' then
        v_items := guard_leads(p_context, v_items);
    elsif v_name = 'ticket' then
        v_items := settle_tickets(v_items);
    elsif v_name = 'comment' then
        v_items := settle_comments(p_context, v_items);
    elsif v_name = 'user' then
        v_items := check_user_roles(v_items);
    elsif v_name = 'activity' then
        v_items := check_tasks(v_items);
    end if;
    if p_object ? 'rules' then
        v_items := check_field_rules(p_object, p_context, v_items);
    end if;
    if v_name = 'contact' and p_context ? 'connect' then
        v_items := hold_persons(v_items);
    end if;
    if v_name in ('contact', 'lead') then
        v_items := refuse_suppressed(v_items);
    end if;
    v_items := check_records(p_object, v_items);
    if not exists (select from unnest(v_items) i where not i ? 'outcome') then
        return v_items;
    end if;
    if v_name in ('contact', 'lead') then
        v_items := choose_persons(v_name, p_context, v_items);
    end if;
    perform insert_records(p_object, p_context, v_items);
    if v_name = 'contact' and not v_is_new then
        perform link_new_contacts(v_items);
    elsif v_name = 'lead' then
        perform link_new_leads(v_items);
    end if;
    if p_object -> 'made_of' <> '[]' and exists (
        select from unnest(v_items) i, jsonb_array_elements_text(p_object -> 'made_of') k where i -> 'data' ? k or i ? 'add')
    then
        v_items := write_children(p_object, v_items);
    end if;
    if v_is_new then
        v_items := finish_new(p_object, p_context, v_items);
        if v_name not in ('contact', 'opportunity', 'activity')
            or v_name = 'contact' and not exists (
                select from unnest(v_items) i
                where i -> 'child_changes' ? 'channels' or i ? 'created' and i ? 'node' and not i ? 'echoed')
        then
            return v_items;
        end if;
    else
        v_items := update_records(p_object, v_items);
        perform keep_claims(p_object, p_context, v_items);
    end if;
    v_ids := array(
        select (i ->> 'id')::uuid from unnest(v_items) i where i ->> 'outcome' in ('created', 'updated') order by 1);
    if cardinality(v_ids) = 0 then
        return v_items;
    end if;
    if v_name = 'contact' and v_is_new then
        v_ids := array(select (i ->> 'id')::uuid from unnest(v_items) i where i -> 'child_changes' ? 'channels' order by 1);
        if v_ids <> '{}' then
            perform sync_channels(v_ids);
        end if;
        v_ids := array(
            select (i ->> 'id')::uuid from unnest(v_items) i
            where i ->> 'outcome' = 'created' and i ? 'node' and not i ? 'echoed' order by 1);
    elsif v_name = 'contact' then
        perform sync_channels(
            array(
                select (i ->> 'id')::uuid from unnest(v_items) i
                where i ->> 'outcome' in ('created', 'updated') and (i -> 'child_changes' ? 'channels'
                    or not i ? 'created' and i -> 'new' ?| array['email', 'phone', 'phone_e164'])
                order by 1),
            array(
                select (i ->> 'id')::uuid from unnest(v_items) i
                where i ->> 'outcome' = 'created' and not coalesce(i -> 'child_changes' ? 'channels', false)
                order by 1));
    end if;
    if v_name = 'contact' and v_ids <> '{}' and (p_context ->> 'rank')::integer = 40 then
        perform echo_contact_edits(v_ids);
    elsif v_name = 'opportunity' then
        perform record_opportunity_history(p_context, v_items);
    elsif v_name = 'activity' then
        perform settle_tasks(p_context, v_items);
    elsif v_name = 'user' and to_regclass('activity_reminders') is not null then
        perform settle_reminders(array(
            select a.id from unnest(v_items) i join activities a on a.owner_id = (i ->> 'id')::uuid and a.status = 'planned'
            where i -> 'changes' ? 'time_zone' and i ->> 'outcome' = 'updated'));
    end if;
    return v_items;
end
$$;
