-- How many rows of each relation have normal forms of another version of the normaliser, p_limit for as many or more; relations without such
-- rows are left out. An index that has these rows alone answers (NAME_normalizer_VERSION). object is null for normal_form.
create or replace function outdated_forms(p_limit integer) returns table (object text, relation text, rows bigint)
language plpgsql stable
set enable_seqscan to off
as $$
#variable_conflict use_column
begin
    for object, relation in
        select o.object, o.relation from object_description o
        where o.companions <> '{}' and to_regclass(quote_ident(o.relation)) is not null
        union all
        select null, 'normal_form'
        order by 2
    loop
        execute format(
            'select count(*) from (select from %I t where t.normalizer_version <> normalizer_version() limit $1) r', relation)
        into rows using p_limit;
        if rows > 0 then
            return next;
        end if;
    end loop;
end
$$;
