-- Rights, applied to a wave of a restricted caller once its records are loaded: what the caller may not read is not there, what
-- the caller may not do is an error `forbidden`. New records without an owner become the caller's own. Giving a record to somebody takes `assign`, beside `edit`;
-- a new one for somebody else, that `create` reaches them. What nobody owns is changed by giving it to somebody: as theirs; to oneself without `assign`.
-- What gives somebody other rights (widened_field) is done by those who may change roles.
create or replace function restrict_items(p_object jsonb, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql stable
as $$
declare
    v_name text := p_object ->> 'object';
    v_user text := nullif(current_setting('tandem.user', true), '');
    v_shared boolean := (select o.shared from object_description o where o.object = v_name);
    v_readable uuid[];
    v_guarded boolean := v_name in ('user', 'team') and level_of('role', 'edit') <> 'all';
begin
    -- Taking a conversion back undoes what its own conversion did: the right to edit the lead is enough.
    if p_context ->> 'cause' = 'unconvert' and v_name <> 'lead' then
        return p_items;
    end if;
    v_readable := readable_ids(v_name, array(select (i ->> 'id')::uuid from unnest(p_items) i where i ? 'old'));
    return (
        with owned as (
            select n, case
                when i ? 'created' and not v_shared and v_user is not null and i -> 'given' ->> 'owner_id' is null
                then jsonb_set(i, '{given}', i -> 'given' || jsonb_build_object('owner_id', v_user)) else i end as i
            from unnest(p_items) with ordinality u(i, n)
        ),
        judged as (
            select n, i, case
                when i ? 'outcome' then null
                when i ? 'old' and not (i ->> 'id')::uuid = any (v_readable) then 'read'
                when i ->> 'op' = 'delete' then case when not is_within(v_name, 'delete', (i #>> '{old,owner_id}')::uuid) then 'delete' end
                when i ? 'created' then case
                    when i ->> 'op' in ('create', 'upsert') and not is_within(v_name, 'create', (i #>> '{given,owner_id}')::uuid)
                    then 'create' end
                when not is_within(v_name, 'edit', coalesce(i #>> '{old,owner_id}', i #>> '{given,owner_id}')::uuid) then 'edit'
                when i -> 'given' ? 'owner_id' and i #>> '{given,owner_id}' is distinct from i #>> '{old,owner_id}'
                    and (i #>> '{old,owner_id}' is not null or i #>> '{given,owner_id}' is distinct from v_user)
                    and not is_within(v_name, 'assign', coalesce(i #>> '{old,owner_id}', i #>> '{given,owner_id}')::uuid) then 'assign'
            end as missing, case when v_guarded then widened_field(v_name, i) end as widened
            from owned
        )
        select array_agg(case
            when i ? 'outcome' then i
            when missing = 'read' and i ->> 'op' in ('create', 'upsert') then i || jsonb_build_object(
                'outcome', 'error', 'code', 'duplicate', 'detail', jsonb_build_object('ids', '[]'::jsonb, 'hidden', 1))
            when missing = 'read' then i || '{"outcome": "error", "code": "not_found"}'
            when missing is not null then i || jsonb_build_object(
                'outcome', 'error', 'code', 'forbidden', 'detail', jsonb_build_object('detail', refusal(v_name, missing)))
            when widened is not null then i || jsonb_build_object('outcome', 'error', 'code', 'forbidden', 'detail',
                jsonb_build_object('detail', format('The role does not allow to %s (its right to edit role reaches: none).', case
                    when widened = 'role_ids' then 'give roles' else format('change %s, which gives other rights', widened) end)))
            else i end order by n)
        from judged
    );
end
$$;
