-- Marks as errors the users of a wave who would get a role that is not there, or take the last administrator away.
create or replace function check_user_roles(p_items jsonb[]) returns jsonb[]
language sql stable
as $$
    select keep_administrator(array_agg(case
        when i ? 'outcome' or not exists (
            select from jsonb_array_elements_text(case when i #>> '{new,role_ids}' is not null then i #> '{new,role_ids}' else '[]' end) r(id)
            where not exists (select from role x where x.id = r.id::uuid)
        ) then i
        else i || jsonb_build_object('outcome', 'error', 'code', 'validation_failed', 'detail', jsonb_build_array(jsonb_build_object(
            'pointer', '/role_ids', 'code', 'unknown_reference', 'detail', 'there is no such role'))) end order by n))
    from unnest(p_items) with ordinality u(i, n)
$$;
