-- Takes the claims that a merge brought back from its winner, where nobody has spoken since, and gives it those that it had.
create or replace function return_claims(p_winner uuid, p_claims jsonb) returns void
language plpgsql
as $$
begin
    delete from field_source f
    using jsonb_array_elements(p_claims -> 'after') c
    where f.record_id = p_winner and f.field = c ->> 'field' and f.source = (c ->> 'source')::int2 and to_jsonb(f) = c;
    insert into field_source
    select r.* from jsonb_array_elements(p_claims -> 'before') c, jsonb_populate_record(null::field_source, c) r
    on conflict do nothing;
end
$$;
