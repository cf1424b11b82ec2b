-- The contact that a lead is already, by its address, as far as the caller may read it: {"id", "name"}, or null.
create or replace function lead_contact(p_lead uuid) returns jsonb
language plpgsql stable
as $$
begin
    return (
        select jsonb_build_object('id', c.id, 'name', coalesce(
            case when shows_field('contact', 'name') then c.name end, case when shows_field('contact', 'email') then c.email end
        ))
        from (select l.email_norm from leads l where l.id = p_lead and l.email_norm is not null offset 0) d
        cross join lateral (select x.* from contacts x where x.email_norm = d.email_norm offset 0) c
        where may_read('contact', c.id)
        order by c.created_at, c.id
        limit 1
    );
end
$$;
