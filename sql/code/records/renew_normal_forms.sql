-- Stores what this build's normaliser makes of the texts of normal_form; a null: it makes nothing of it any more. Records that took over what
-- was there are as old as it: doctor --fix comes to them next.
create or replace function renew_normal_forms(p_kinds text[], p_raws text[], p_norms text[]) returns void
language plpgsql
set enable_seqscan to off
as $$
declare
    v_kinds text[];
    v_raws text[];
    v_norms text[];
    v_column record;
begin
    perform from normal_form f join unnest(p_kinds, p_raws) m (kind, raw) using (kind, raw) order by f.kind, f.raw for update of f;
    select array_agg(f.kind), array_agg(f.raw), array_agg(f.norm)
    into v_kinds, v_raws, v_norms
    from normal_form f join unnest(p_kinds, p_raws, p_norms) m (kind, raw, norm) on m.kind = f.kind and m.raw = f.raw
    where f.norm is distinct from m.norm;
    if v_kinds is not null then
        for v_column in
            select o.object, o.relation, c.key as form, c.value as field
            from object_description o, jsonb_each_text(o.companions) c
            where c.value in ('email', 'phone') and to_regclass(quote_ident(o.relation)) is not null
        loop
            execute format(
                $q$
                select age_forms(%1$L, array(
                    select t.id from unnest($1, $2, $3) m (kind, raw, norm) join %2$I t on t.%3$I = m.norm and t.%4$I = m.raw
                    where m.kind = %4$L order by t.id for no key update of t), 0)
                $q$, v_column.object, v_column.relation, v_column.form, v_column.field)
            using v_kinds, v_raws, v_norms;
        end loop;
    end if;
    delete from normal_form f
    using unnest(p_kinds, p_raws, p_norms) m (kind, raw, norm)
    where m.norm is null and f.kind = m.kind and f.raw = m.raw;
    update normal_form f
    set norm = m.norm, normalizer_version = normalizer_version()
    from unnest(p_kinds, p_raws, p_norms) m (kind, raw, norm)
    where m.norm is not null and f.kind = m.kind and f.raw = m.raw;
end
$$;
