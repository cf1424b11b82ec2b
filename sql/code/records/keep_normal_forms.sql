-- Keeps the normal forms of a wave's addresses and numbers that SQL could not derive again.
create or replace function keep_normal_forms(p_items jsonb[]) returns void
language plpgsql
as $$
begin
    insert into normal_form (kind, raw, norm, normalizer_version)
    select distinct k.kind, i -> 'given' ->> k.kind, i -> 'given' ->> k.norm, normalizer_version()
    from unnest(p_items) i, (values ('email', 'email_norm'), ('phone', 'phone_e164')) k (kind, norm)
    where i ->> 'outcome' <> 'error' and i -> 'given' ->> k.norm is not null and i -> 'given' ->> k.kind is not null
        and normal_form_of(k.kind, i -> 'given' ->> k.kind) is distinct from i -> 'given' ->> k.norm
    on conflict (kind, raw) do update set norm = excluded.norm, normalizer_version = excluded.normalizer_version;
end
$$;
