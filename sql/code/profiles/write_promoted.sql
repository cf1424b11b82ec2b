-- Writes the promoted traits of the given components to their rows of `profiles`; a row that shows the same is not touched.
create or replace function write_promoted(p_labels bigint[]) returns void
language plpgsql
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
    if v_columns is null then
        return;
    end if;
    execute format(
        $sql$
        update profiles r
        set (%1$s) = row (%2$s)
        from component c
        cross join lateral (select jsonb_object_agg(f.trait, f.value) as doc from component_traits(c.label) f) t
        where c.label = any ($1) and r.profile_id = c.profile_id and row (%3$s) is distinct from row (%2$s)
        $sql$,
        v_columns, v_values, v_shown
    ) using p_labels;
end
$$;
