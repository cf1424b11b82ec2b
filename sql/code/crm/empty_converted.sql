-- Takes back what a conversion (p_done) put into a record that was there: fields that still say it, the place in an account or
-- opportunity, the person. Answers [{"kind": "cleared", "object", "id", "name", "fields"}].
create or replace function empty_converted(p_object text, p_done jsonb, p_since timestamptz, p_actor text) returns jsonb
language plpgsql
as $$
declare
    v_part jsonb := p_done -> p_object;
    v_id uuid := (v_part ->> 'id')::uuid;
    v_relation text := describe_object(p_object) ->> 'relation';
    v_now jsonb;
    v_fields text[];
    v_data jsonb := '{}';
begin
    execute format('select to_jsonb(t) from %I t where t.id = $1', v_relation) into v_now using v_id;
    if v_now is null then
        return gone_converted(p_object, v_id);
    end if;
    v_fields := array(
        select f.key from jsonb_each(coalesce(v_part -> 'filled', '{}')) f where v_now -> f.key = f.value order by f.key
    );
    if p_object = 'contact' then
        -- Not cleared by hand, which would outrank what events say: as if the lead had said nothing.
        delete from field_source s
        where s.record_id = v_id and s.source = 0 and s.at = p_since and s.field = any (v_fields);
        if v_part ->> 'person' = 'linked' then
            delete from contact_node c where c.contact_id = v_id;
            update contacts c set profile_id = null where c.id = v_id;
        end if;
    else
        v_data := coalesce((select jsonb_object_agg(f, null) from unnest(v_fields) f), '{}');
    end if;
    if v_part ? 'joined_account' then
        v_data := v_data || jsonb_build_object('accounts', coalesce((
            select jsonb_agg(to_jsonb(a) - 'contact_id' order by a.account_id)
            from account_contacts a
            where a.contact_id = v_id and a.account_id <> (v_part ->> 'joined_account')::uuid
        ), '[]'));
    elsif v_part -> 'joined' = 'true' then
        v_data := v_data || jsonb_build_object('contacts', coalesce((
            select jsonb_agg(to_jsonb(o) - 'opportunity_id' order by o.contact_id)
            from opportunity_contacts o
            where o.opportunity_id = v_id and o.contact_id <> (p_done #>> '{contact,id}')::uuid
        ), '[]'));
    end if;
    if v_data <> '{}' then
        perform write_record(
            p_object, jsonb_build_object('op', 'update', 'id', v_id, 'data', v_data), p_actor, 'unconvert'
        );
    end if;
    if p_object = 'contact' and v_fields <> '{}' then
        perform refold_contacts(array[v_id]);
    end if;
    return jsonb_build_array(jsonb_build_object(
        'kind', 'cleared', 'object', p_object, 'id', v_id, 'name', v_now -> 'name', 'fields', to_jsonb(v_fields)
    ));
end
$$;
