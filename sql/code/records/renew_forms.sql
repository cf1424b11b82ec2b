-- Stores the normal forms that this build's normaliser makes of records whose forms are of another version (outdated_records).
--   p_items  [{id, of: {field: its text or null}, forms: {column: form or null}, numbers: {a channel's number: form or null}}]
--   result   a row for each record that was there, still outdated, and said what its forms were made of. holders empty: it is renewed;
--            else it stays as it was, and these hold a key that it would take (at most five).
-- Columns that are derived change silently, as nobody is shown them; a domain is what people see, so its change is told as any.
create or replace function renew_forms(p_object text, p_items jsonb) returns table (id uuid, holders uuid[])
language plpgsql
set timezone to 'UTC'
set enable_seqscan to off
as $$
#variable_conflict use_column
declare
    v_object jsonb := describe_object(p_object);
    v_items jsonb[];
    v_renewed jsonb[];
    v_moved uuid[];
begin
    if p_object = 'contact' then
        -- The order of locks that ingest has: persons before records.
        perform await_components(array(
            select l.node from jsonb_array_elements(p_items) i
            join contacts c on c.id = (i ->> 'id')::uuid and c.email_norm is distinct from i #>> '{forms,email_norm}'
            join contact_node l on l.contact_id = c.id));
    end if;
    v_items := held_forms(v_object, changed_forms(v_object, p_items));
    v_renewed := array(select i from unnest(v_items) i where not i ? 'holders');
    execute format(
        $q$
        update %1$I t set normalizer_version = normalizer_version()%2$s
        from unnest($1) i where t.id = (i ->> 'id')::uuid
        $q$, v_object ->> 'relation', (
            select string_agg(format(', %1$I = case when i -> ''new'' ? %1$L then i -> ''new'' ->> %1$L else t.%1$I end', k), '')
            from jsonb_object_keys(v_object -> 'companions') k))
    using v_renewed;
    perform keep_normal_forms(array(
        select jsonb_build_object('outcome', 'updated', 'given', (i -> 'of') || (i -> 'forms')) from unnest(v_renewed) i));
    if p_object = 'contact' then
        update contact_channels h
        set phone_e164 = f.form
        from unnest(v_renewed) i
        cross join lateral jsonb_each(i -> 'numbers') n
        cross join lateral (select coalesce(n.value #>> '{}', plain_form('phone', n.key, i #>> '{old,phone_e164}')) as form) f
        where h.contact_id = (i ->> 'id')::uuid and h.kind in ('phone', 'mobile') and h.value = n.key
            and h.phone_e164 is distinct from f.form;
        v_moved := array(select (i ->> 'id')::uuid from unnest(v_renewed) i where i -> 'new' ? 'email_norm' order by 1);
        perform attach_contact_emails(v_moved, 0::smallint, now(), 'tandem');
    end if;
    perform tell_domains(v_object, array(select i from unnest(v_renewed) i where i -> 'new' ? 'domain'));
    return query
        select (i ->> 'id')::uuid, array(select jsonb_array_elements_text(i -> 'holders')::uuid) from unnest(v_items) i order by 1;
end
$$;
