-- The account that one message names, by its candidates in order. Where the source may (p_may_create): one found by domain or
-- company key takes the message's group id if it has none, and is passed over for a new one if it has another; none found is
-- made, if the message has a group id or a company's name. p_traits: an account's, of a group call; null for other calls.
create or replace function name_account(
    p_kinds text[], p_values text[], p_names text[], p_may_create boolean, p_source int2, p_ts timestamptz, p_message_id text,
    p_traits jsonb, p_email_norm text
) returns uuid
language plpgsql
as $$
declare
    v_group text := p_values[array_position(p_kinds, 'group_id')];
    v_domain text := p_values[array_position(p_kinds, 'domain')];
    v_key text := p_values[array_position(p_kinds, 'company_key')];
    v_found record;
    v_item jsonb;
    v_data jsonb;
    v_written record;
begin
    select n.account_id, n.kind, a.group_id into v_found
    from named_accounts(array_fill(1, array[cardinality(p_kinds)]), p_kinds, p_values) n
    cross join lateral (select o.group_id from accounts o where o.id = n.account_id offset 0) a;
    if not p_may_create
        or (v_found.account_id is not null and (v_group is null or v_found.kind = 'group_id'))
        or (v_found.account_id is null and v_group is null and (
            v_key is null or exists (select from accounts a where a.company_key = v_key)
        ))
    then
        return v_found.account_id;
    end if;

    if v_found.account_id is not null and v_found.group_id is null then
        v_item := jsonb_build_object('op', 'update', 'id', v_found.account_id, 'data', jsonb_build_object('group_id', v_group));
    else
        v_data := account_data(p_traits) || jsonb_build_object('name', p_names[1]);
        if v_group is not null then
            v_data := v_data || jsonb_build_object('group_id', v_group);
        end if;
        if v_key is not null then
            v_data := v_data || jsonb_build_object('company_key', v_key);
        end if;
        -- A person's address does not say which domain the company has.
        if v_domain is not null and (p_traits is not null or v_domain is distinct from split_part(p_email_norm, '@', 2))
            and not exists (select from accounts a where a.domain = v_domain)
        then
            v_data := v_data || jsonb_build_object('domain', v_domain);
        end if;
        v_item := jsonb_build_object('op', 'create', 'data', v_data);
    end if;
    v_item := v_item || jsonb_build_object('at', iso_time(p_ts), 'message_id', p_message_id);
    select w.id, w.outcome, w.code into v_written
    from write_records('account', p_source, source_rank(p_source), p_ts, 'event', 'event', jsonb_build_array(v_item)) w;
    if v_written.code in ('duplicate', 'version_mismatch') then
        -- Another writer was first.
        raise exception 'account not written: %', v_written.code using errcode = '40001';
    end if;
    -- What the tenant's rules for fields do not let be written is not: the event is stored all the same.
    return case when v_written.outcome = 'error' then v_found.account_id else v_written.id end;
end
$$;
