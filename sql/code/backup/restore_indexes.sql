-- Makes the indexes that a tenant's own fields need and do not have yet: nobody else is at work in it. Answers how many. Run by the owner.
create or replace function restore_indexes() returns integer
language plpgsql
as $$
declare
    v_make text;
    v_made integer := 0;
begin
    for v_make in
        select i.make
        from custom_field f
        cross join lateral (
            values ('key', f."unique"), ('idx', f.type = 'link' and not f."unique"), ('trgm', f.searchable)
        ) k(kind, needed)
        cross join lateral custom_field_index(f.object, f.name, k.kind) i
        where k.needed and not i.is_made
    loop
        execute replace(v_make, ' index concurrently ', ' index ');
        v_made := v_made + 1;
    end loop;
    return v_made;
end
$$;
