-- The versions that contacts and leads have now.
create or replace function record_versions(p_object text, p_ids uuid[]) returns table (id uuid, version integer)
language plpgsql stable
as $$
#variable_conflict use_column
begin
    if p_object = 'contact' then
        return query select c.id, c.version from contacts c where c.id = any (p_ids);
    elsif p_object = 'lead' then
        return query select d.id, d.version from leads d where d.id = any (p_ids);
    end if;
end
$$;
