-- History and outbox of the records that point at restored ones again (attach_records), behind what is told of those.
create or replace function publish_attached(p_context jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
begin
    perform publish_references(p_context, o.object, a.value ->> 'column', jsonb_agg(a.value -> 'change' order by u.n, a.ordinality))
    from unnest(p_items) with ordinality u (i, n)
    cross join lateral jsonb_array_elements(u.i -> 'attached') with ordinality a
    join object_description o on o.relation = a.value ->> 'relation'
    group by o.object, a.value ->> 'column';
end
$$;
