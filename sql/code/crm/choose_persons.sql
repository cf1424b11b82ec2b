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
begin
    if p_object = 'contact' and p_context ? 'connect' then
        if jsonb_path_exists(to_jsonb(v_items), '$[*] ? (exists(@.held) && !exists(@.held.node) && !exists(@.outcome))') then
            if exists (select from unnest(v_items) i where i -> 'held' ? 'id' and not i -> 'held' ? 'node' and not i ? 'outcome') then
                raise exception 'no such profile' using errcode = 'TD008';
            end if;
            v_items := make_persons(p_context, v_items);
        end if;
        if jsonb_path_exists(to_jsonb(v_items), '$[*] ? (exists(@.held.node) && !exists(@.outcome))') then
            select array_agg(
                case when i ? 'outcome' or not i -> 'held' ? 'node' then i
                    else i || jsonb_build_object('node', i #> '{held,node}')
                        || case when i #>> '{held,type}' = 'email' and i #>> '{held,value}' = i #>> '{new,email_norm}'
                            then jsonb '{"by_email": true}' else '{}' end
                        || case when exists (
                                select from node m
                                where m.component = (select n.component from node n where n.id = (i #>> '{held,node}')::bigint)
                                    and m.trait_ts <> '{}')
                            then jsonb '{"fold": true}' else '{}' end end
                order by n)
            into v_items
            from unnest(v_items) with ordinality u (i, n);
        end if;
    elsif p_context ? 'connect' then
        select array_agg(case when x.node is null then i else i || jsonb_build_object('node', x.node) end order by n)
        into v_items
        from unnest(p_items) with ordinality u (i, n)
        left join wanted_persons(p_object, p_items) w on w.at = n
        left join lateral (select o.node from identifier o where o.type = w.type and o.value = w.value offset 0) x on true;
    end if;
    if not jsonb_path_exists(
        to_jsonb(v_items), '$[*] ? (exists(@.created) && !exists(@.outcome) && exists(@.node) && !exists(@.new.profile_id))')
    then
        return v_items;
    end if;
    return (
        select array_agg(
            case when i ? 'created' and not i ? 'outcome' and i ->> 'node' is not null and not i -> 'new' ? 'profile_id' then
                jsonb_set(i, '{new,profile_id}', to_jsonb((
                    select k.profile_id from component k
                    where k.label = (select n.component from node n where n.id = (i ->> 'node')::bigint))))
                else i end
            order by n)
        from unnest(v_items) with ordinality u (i, n));
end
$$;
