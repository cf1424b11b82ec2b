-- A page of the records of an object whose normal forms are of another version of the normaliser, by id from p_after on; numbers: of a
-- contact's channels. Behind the page (is_page: false) come those that share a key with one of it: together, neither seems to take the
-- other's.
create or replace function outdated_records(p_object text, p_after uuid, p_limit integer)
returns table (id uuid, record jsonb, numbers text[], is_page boolean)
language plpgsql stable
set enable_seqscan to off
as $$
declare
    v_object jsonb := describe_object(p_object);
begin
    return query execute format(
        $q$
        with page as materialized (
            select t.* from %1$I t
            where t.normalizer_version <> normalizer_version() and ($1 is null or t.id > $1)
            order by t.id limit $2),
        found as (
            select p.*, true as is_page from page p
            %2$s)
        select f.id, to_jsonb(f), %3$s, f.is_page
        from found f order by not f.is_page, f.id
        $q$,
        v_object ->> 'relation',
        (select coalesce(string_agg(format(
            $q$union all select t.*, false from %1$I t
            where t.%2$I = any (array(select p.%2$I from page p)) and t.normalizer_version <> normalizer_version()
                and t.id > (select p.id from page p order by p.id desc limit 1)$q$, v_object ->> 'relation', k), ' '), '')
         from jsonb_array_elements_text(v_object -> 'soft_unique') k),
        case when p_object = 'contact'
            then $q$array(select h.value from contact_channels h where h.contact_id = f.id and h.kind in ('phone', 'mobile'))$q$
            else '''{}''::text[]' end)
    using p_after, p_limit;
end
$$;
