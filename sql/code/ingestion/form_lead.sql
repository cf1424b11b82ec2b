-- The open lead that a form's submission is about: the newest of the person's nodes, else the newest with the address, else,
-- where one of the two has no address, the newest with the number. Null if there is none.
create or replace function form_lead(p_nodes bigint[], p_email_norm text, p_phone_e164 text) returns uuid
language plpgsql stable
as $$
begin
    return (
        select l.id
        from (
            select d.id, d.created_at, 1 as place
            from lead_node n
            join leads d on d.id = n.lead_id
            where n.node = any (p_nodes) and d.status not in ('converted', 'disqualified')
            union all
            select d.id, d.created_at, 2
            from leads d
            where d.email_norm = p_email_norm and d.status not in ('converted', 'disqualified')
            union all
            select d.id, d.created_at, 3
            from leads d
            where d.phone_e164 = p_phone_e164 and (p_email_norm is null or d.email_norm is null)
              and d.status not in ('converted', 'disqualified')
        ) l
        order by l.place, l.created_at desc, l.id desc
        limit 1
    );
end
$$;
