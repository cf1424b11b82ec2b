-- The first e-mail address that a trusted source attached to a person; null if there is none.
create or replace function person_email(p_label bigint) returns text
language plpgsql stable
as $$
begin
    return (
        select x.value
        from node n
        join identifier x on x.node = n.id and x.type = 'email'
        where n.component = p_label and source_rank(x.source) >= 20
        order by x.attached_at, x.value
        limit 1
    );
end
$$;
