-- A user who may be signed in: {"name", "email", "role_ids", "reminders": how many wait}; null for one who left or is in the bin.
create or replace function signed_in_user(p_user uuid) returns jsonb
language sql stable
as $$
    select jsonb_build_object('name', u.name, 'email', coalesce(u.email, ''), 'role_ids', to_jsonb(u.role_ids),
        'reminders', unseen_reminders(u.id))
    from users u
    where u.id = p_user and u.active
$$;
