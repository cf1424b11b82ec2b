-- The statement by which write_promoted writes the columns that promoted_trait lists; $1: labels of components.
create or replace function promoted_statement() returns text
language plpgsql stable
as $$
declare
    v_columns text;
    v_shown text;
    v_values text;
begin
    select
        string_agg(format('%I', p.column_name), ', ' order by p.trait),
        string_agg(format('r.%I', p.column_name), ', ' order by p.trait),
        string_agg(
            format(
                case p.type
                    when 'boolean' then 'trait_boolean(t.doc -> %L)'
                    when 'numeric' then 'trait_numeric(t.doc -> %L)'
                    when 'timestamptz' then 'trait_timestamp(t.doc -> %L)'
                    else 't.doc ->> %L'
                end,
                p.trait
            ),
            ', ' order by p.trait
        )
    into v_columns, v_shown, v_values
    from promoted_trait p;
    -- A component without merges is its public node. `offset 0`: the document is made once a row.
    return format(
        $sql$
        update profiles r
        set (%1$s) = row (%2$s)
        from (
            select c.profile_id, case
                when c.merges = 0 then n.traits
                else (select jsonb_object_agg(f.trait, f.value) from component_traits(c.label) f)
            end as doc
            from component c
            join node n on n.id = c.public_node
            where c.label = any ($1)
            offset 0
        ) t
        where r.profile_id = t.profile_id and row (%3$s) is distinct from row (%2$s)
        $sql$,
        v_columns, v_values, v_shown
    );
end
$$;
