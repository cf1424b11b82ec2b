-- Restored records that would stand above themselves, because what they stood below was put below what stood below them meanwhile, stand
-- below nothing: their history says so, and not_restored counts it. Locks the hierarchy behind the records, as all who put records below others.
create or replace function hang_restored(p_object jsonb, p_items jsonb[]) returns jsonb[]
language plpgsql
as $$
declare
    v_relation text := p_object ->> 'relation';
    v_ids uuid[] := array(
        select distinct (i ->> 'id')::uuid
        from unnest(p_items) i, jsonb_array_elements(p_object -> 'links') l
        where not i ? 'outcome' and l ->> 'relation' = v_relation and i -> 'new' ->> (l ->> 'column') is not null
        order by 1);
    v_lost jsonb;
begin
    if v_ids = '{}' then
        return p_items;
    end if;
    perform from lock_bucket b where b.id = 8257 for update;
    v_lost := hang_apart(p_object, v_ids);
    return (
        select array_agg(
            case when not v_lost ? (i ->> 'id') then i
                else i || jsonb_build_object(
                    'changes', coalesce(i -> 'changes', '{}') || (
                        select jsonb_object_agg(c, jsonb_build_array(i -> 'new' -> c, null))
                        from jsonb_array_elements_text(v_lost -> (i ->> 'id')) c),
                    'detail', coalesce(i -> 'detail', '{}') || jsonb_build_object('not_restored',
                        coalesce(i #> '{detail,not_restored}', '{}') || jsonb_build_object(v_relation,
                            coalesce((i #>> array['detail', 'not_restored', v_relation])::bigint, 0)
                                + jsonb_array_length(v_lost -> (i ->> 'id'))))) end
            order by n)
        from unnest(p_items) with ordinality u (i, n));
end
$$;
