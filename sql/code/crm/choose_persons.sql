-- Gives the new contacts and leads of a wave their persons before they are written: an item gets node, unless it names one, and among
-- its new fields profile_id.
-- What people and imports write (connect) finds it here. A contact is the person named beside it (person: {type, value} normalised, or
-- {id}), else the owner of its e-mail address; an identifier that nobody owns makes a new person. A lead is the owner of its
-- address, if there is one. hold_persons has locked who is known. by_email: the person owns the contact's address already; fold: events may have said of the
-- person what the contact does not show yet. Raises TD008 if a person is named by an id that nobody has.
create or replace function choose_persons(p_object text, p_context jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_items jsonb[] := p_items;
    v_at integer[];
    v_ids uuid[];
    v_types text[];
    v_values text[];
    v_nodes bigint[];
    v_made bigint[] := '{}';
    v_known bigint[];
begin
    if p_context ? 'connect' then
        select array_agg(w.at), array_agg(w.id), array_agg(w.type), array_agg(w.value) into v_at, v_ids, v_types, v_values
        from wanted_persons(p_object, p_items) w;
    end if;
    if v_at is not null then
        v_nodes := find_persons(v_ids, v_types, v_values);
        if exists (select from unnest(v_ids, v_nodes) u (id, node) where u.id is not null and u.node is null) then
            raise exception 'no such profile' using errcode = 'TD008';
        end if;
        if p_object = 'contact' and array_position(v_nodes, null) is not null then
            v_made := make_persons(
                array(select u.type from unnest(v_types, v_nodes) with ordinality u (type, node, n) where u.node is null order by n),
                array(select u.value from unnest(v_values, v_nodes) with ordinality u (value, node, n) where u.node is null order by n),
                (p_context ->> 'source')::smallint, (p_context ->> 'at')::timestamptz);
            v_nodes := find_persons(v_ids, v_types, v_values);
        end if;
        v_known := array(select distinct n from unnest(v_nodes) n where n <> all (v_made));
        select array_agg(
            case when k.node is null then i
                else i || jsonb_build_object('node', k.node)
                    || case when k.type = 'email' and k.value = i #>> '{new,email_norm}' then jsonb '{"by_email": true}' else '{}' end
                    || case when p_object = 'contact' and k.node = any (v_known) and exists (
                            select from node m
                            where m.component = (select n.component from node n where n.id = k.node) and m.trait_ts <> '{}')
                        then jsonb '{"fold": true}' else '{}' end end
            order by n)
        into v_items
        from unnest(p_items) with ordinality u (i, n)
        left join unnest(v_at, v_nodes, v_types, v_values) k (at, node, type, value) on k.at = n;
    end if;
    if not exists (select from unnest(v_items) i where i ? 'created' and not i ? 'outcome' and i ->> 'node' is not null) then
        return v_items;
    end if;
    return (
        select array_agg(
            case when i ? 'created' and not i ? 'outcome' and i ->> 'node' is not null then
                jsonb_set(i, '{new,profile_id}', to_jsonb((
                    select k.profile_id from component k
                    where k.label = (select n.component from node n where n.id = (i ->> 'node')::bigint))))
                else i end
            order by n)
        from unnest(v_items) with ordinality u (i, n));
end
$$;
