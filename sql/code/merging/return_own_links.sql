-- Lets the winner of a merge that is taken back refer to losers again, where it refers to what the merge gave it instead.
create or replace function return_own_links(p_object jsonb, p_merge jsonb) returns void
language plpgsql
as $$
declare
    v_field record;
begin
    for v_field in
        select f.key as col, (f.value ->> 'old')::uuid as old, (f.value ->> 'new')::uuid as new
        from jsonb_each(p_merge -> 'fields') f
        where p_merge -> 'losers' ? (f.value ->> 'old')
          and p_object -> 'links' @> jsonb_build_array(jsonb_build_object('column', f.key, 'relation', p_object -> 'relation'))
    loop
        execute format(
            'update %1$I t set %2$I = $2 where t.id = $1 and t.%2$I is not distinct from $3', p_object ->> 'relation', v_field.col)
        using (p_merge ->> 'winner')::uuid, v_field.old, v_field.new;
    end loop;
end
$$;
