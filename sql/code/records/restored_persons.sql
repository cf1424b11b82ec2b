-- Gives contacts and leads that come back from the bin the profile that their person has now: merges, undos and erasures since do not reach
-- what lies in the bin. None where there is no person, or no more. Persons are locked before records, as everywhere.
create or replace function restored_persons(p_object text, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_place text[] := array['children', 'rows', p_object || '_node', '0', 'node'];
    v_nodes bigint[] := array(
        select n.id from node n
        where n.id = any (array(select (i #>> v_place)::bigint from unnest(p_items) i where not i ? 'outcome')) and n.erased_at is null);
begin
    if v_nodes <> '{}' then
        perform await_components(v_nodes);
    end if;
    return (
        select array_agg(
            case when i ? 'outcome' then i else jsonb_set(i, '{new,profile_id}', coalesce(to_jsonb(k.profile_id), 'null')) end order by u.n)
        from unnest(p_items) with ordinality u (i, n)
        left join node m on m.id = (i #>> v_place)::bigint
        left join component k on k.label = m.component);
end
$$;
