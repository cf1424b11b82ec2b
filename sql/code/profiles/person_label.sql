-- What to call a person in a list: the first e-mail address it is known by, else user id, phone, any identifier.
create or replace function person_label(p_profile uuid) returns text
language sql stable
as $$
    select coalesce(
        (
            select i.value
            from component c
            join node n on n.component = c.label
            join identifier i on i.node = n.id
            where c.profile_id = p_profile
            order by array_position(array['email', 'user_id', 'phone'], i.type) nulls last, i.attached_at, i.type, i.value
            limit 1
        ),
        'nobody known'
    )
$$;
