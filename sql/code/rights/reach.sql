-- The owners whose records the caller may do something with; null: all records, those without an owner too. This is the one place
-- that knows teams and who is above whom: own is the user and all below, team is besides them the user's team with its sub-teams.
create or replace function reach(p_object text, p_action text) returns uuid[]
language plpgsql stable
as $$
declare
    v_level text := level_of(p_object, p_action);
    v_user uuid := nullif(current_setting('tandem.user', true), '')::uuid;
begin
    if v_level = 'all' then
        return null;
    elsif v_level = 'none' then
        return '{}';
    elsif (select o.shared from object_description o where o.object = p_object) then
        -- Everybody's: read at any level, changed at level all.
        return case when p_action <> 'read' then '{}'::uuid[] end;
    end if;
    return array(
        with recursive below(id) as (
            select v_user where v_user is not null
            union
            select u.id from below b join users u on u.manager_id = b.id
        ),
        team(id) as (
            select u.team_id from users u where u.id = v_user and v_level = 'team' and u.team_id is not null
            union
            select t.id from team p join teams t on t.parent_id = p.id
        )
        select b.id from below b
        union
        select u.id from team t join users u on u.team_id = t.id
    );
end
$$;
