-- Forgets bytes that were uploaded before p_before and that no attachment has any more, neither a live one nor one in the bin: at
-- most p_limit; answers how many.
create or replace function forget_attachment_content(p_before timestamptz, p_limit integer) returns integer
language plpgsql
as $$
declare
    v_count integer;
begin
    with idle as (
        select c.sha256
        from attachment_content c
        where c.stored_at < p_before
            and not exists (select from attachments a where a.sha256 = c.sha256)
            and not exists (select from bin b where b.object = 'attachment' and b.data ->> 'sha256' = c.sha256)
            and not exists (
                select from bin b
                where b.children @> jsonb_build_object('rows', jsonb_build_object(
                    'attachments', jsonb_build_array(jsonb_build_object('sha256', c.sha256)))))
        limit p_limit
        for update skip locked)
    delete from attachment_content c using idle i where c.sha256 = i.sha256;
    get diagnostics v_count = row_count;
    return v_count;
end
$$;
