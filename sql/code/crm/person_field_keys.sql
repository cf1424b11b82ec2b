-- Which traits feed which fields of a contact. A hand edit in the CRM becomes the trait of the field's own name; name is
-- parted at its first space and gives way to a given name or family name said at the same time.
create or replace function person_field_keys() returns table (field text, key text)
language sql immutable
as $$
    values
        ('email', 'email'),
        ('phone', 'phone'),
        ('first_name', 'first_name'), ('first_name', 'firstName'), ('first_name', 'name'),
        ('last_name', 'last_name'), ('last_name', 'lastName'), ('last_name', 'name'),
        ('title', 'title')
$$;
