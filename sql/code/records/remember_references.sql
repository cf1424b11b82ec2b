-- What a restored record referred to (left_out: {column: id}) may itself lie in the bin: it is kept there among the references that the other
-- one has lost, so that they come back with it, in whatever order the two are restored.
create or replace function remember_references(p_object jsonb, p_items jsonb[]) returns void
language plpgsql
as $$
declare
    v_lost record;
begin
    for v_lost in
        select c.value::uuid as target, array['references', p_object ->> 'relation', c.key] as place, jsonb_agg(u.i -> 'id' order by u.n) as ids
        from unnest(p_items) with ordinality u (i, n), jsonb_each_text(u.i -> 'left_out') c
        where not u.i ? 'outcome'
        group by c.value, c.key
        order by 1, c.key
    loop
        update bin b
        set children = jsonb_set(
            b.children || jsonb_build_object('references', coalesce(b.children -> 'references', '{}') || jsonb_build_object(
                v_lost.place[2], coalesce(b.children #> v_lost.place[1:2], '{}'))),
            v_lost.place, coalesce(b.children #> v_lost.place, '[]') || v_lost.ids)
        where b.record_id = v_lost.target;
    end loop;
end
$$;
