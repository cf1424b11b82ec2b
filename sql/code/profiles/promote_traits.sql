-- Makes traits columns of `profiles`, at most 100 in all: those that p_traits names, or with null the most frequent that at
-- least one in a hundred of the profiles with traits has. A column whose values stopped parsing becomes text. Answers what
-- changed. Run by the owner, in a transaction of its own: it locks `profiles` for a moment. The columns are empty until
-- fill_promoted has run. Raises TD001 for a trait that no profile has, TD013 when there are 100.
create or replace function promote_traits(p_traits text[], p_sample int4)
returns table (trait text, column_name text, type text, change text)
language plpgsql
as $$
declare
    c_limit constant int4 := 100;
    v_row record;
    v_column text;
    v_missing text;
    v_changed boolean := false;
begin
    lock table promoted_trait in share row exclusive mode;
    for v_row in
        select c.trait, c.type, p.column_name as old_column
        from trait_candidates(p_sample) c
        left join promoted_trait p on p.trait = c.trait
        where (p.trait is null and case when p_traits is null then c.share >= 0.01 else c.trait = any (p_traits) end)
           or (p.type <> 'text' and p.type <> c.type)
        order by p.trait is null, c.nodes desc, c.trait
    loop
        if v_row.old_column is not null then
            -- Another column under the old name: nothing has to be rewritten. Models over it (open_bi_models) go with it.
            execute format('alter table profiles drop column %I cascade, add column %1$I text', v_row.old_column);
            update promoted_trait p set type = 'text', promoted_at = now(), filled_at = null where p.trait = v_row.trait;
        elsif (select count(*) from promoted_trait) >= c_limit then
            if p_traits is not null then
                raise exception 'there are % promoted traits already', c_limit using errcode = 'TD013';
            end if;
            exit;
        else
            v_column := trait_column(v_row.trait);
            execute format('alter table profiles add column %I %s', v_column, v_row.type);
            insert into promoted_trait (trait, column_name, type, promoted_at)
            values (v_row.trait, v_column, v_row.type, now());
        end if;
        v_column := coalesce(v_row.old_column, v_column);
        execute format(
            'comment on column profiles.%I is %L', v_column,
            format('The trait %s: its newest value by the time of the event. Promoted.', v_row.trait)
        );
        v_changed := true;
        trait := v_row.trait;
        column_name := v_column;
        type := case when v_row.old_column is null then v_row.type else 'text' end;
        change := case when v_row.old_column is null then 'promoted' else 'retyped' end;
        return next;
    end loop;
    select u.trait into v_missing
    from unnest(p_traits) u(trait)
    where not exists (select from promoted_trait p where p.trait = u.trait)
    limit 1;
    if v_missing is not null then
        raise exception 'no profile has the trait %, with values that can be a column', v_missing using errcode = 'TD001';
    end if;
    if v_changed then
        update identity_state s
        set promoted = (select array_agg(p.trait order by p.trait) from promoted_trait p),
            promoted_version = s.promoted_version + 1;
    end if;
end
$$;
