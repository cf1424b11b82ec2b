-- Those of the message keys that the generation before p_generation does not know. p_overlap: they are entered there too, since
-- a writer that has not seen the rotation yet looks only there.
create or replace function unaged_messages(p_ids uuid[], p_generation int2, p_overlap boolean) returns uuid[]
language plpgsql
as $$
declare
    v_ids uuid[];
begin
    case p_generation
    when 0 then
        if p_overlap then
            with claimed as (
                insert into dedupe_2 (event_id) select distinct u.id from unnest(p_ids) u(id) order by u.id
                on conflict do nothing
                returning event_id
            )
            select coalesce(array_agg(c.event_id), '{}') into v_ids from claimed c;
        else
            v_ids := array(
                select u.id from unnest(p_ids) u(id) where not exists (select from dedupe_2 d where d.event_id = u.id)
            );
        end if;
    when 1 then
        if p_overlap then
            with claimed as (
                insert into dedupe_0 (event_id) select distinct u.id from unnest(p_ids) u(id) order by u.id
                on conflict do nothing
                returning event_id
            )
            select coalesce(array_agg(c.event_id), '{}') into v_ids from claimed c;
        else
            v_ids := array(
                select u.id from unnest(p_ids) u(id) where not exists (select from dedupe_0 d where d.event_id = u.id)
            );
        end if;
    when 2 then
        if p_overlap then
            with claimed as (
                insert into dedupe_1 (event_id) select distinct u.id from unnest(p_ids) u(id) order by u.id
                on conflict do nothing
                returning event_id
            )
            select coalesce(array_agg(c.event_id), '{}') into v_ids from claimed c;
        else
            v_ids := array(
                select u.id from unnest(p_ids) u(id) where not exists (select from dedupe_1 d where d.event_id = u.id)
            );
        end if;
    end case;
    return v_ids;
end
$$;
