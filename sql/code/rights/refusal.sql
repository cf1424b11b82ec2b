-- In words, which right is missing.
create or replace function refusal(p_object text, p_action text) returns text
language sql stable
as $$
    select format(
        'The role does not allow to %s this %s (its right to %s reaches: %s).', p_action, p_object, p_action, level_of(p_object, p_action)
    )
$$;
