-- Which columns of a record a merge takes from one record together, by the name of what they say; null: the merge decides the
-- column by itself, or it says nothing of the record.
create or replace function merge_unit(p_object jsonb, p_column text) returns text
language sql immutable
as $$
    select case
        when p_column in (
            'id', 'created_at', 'updated_at', 'created_by', 'version', 'normalizer_version', 'profile_id', 'do_not_contact',
            'parent_id', 'status', 'converted_account_id', 'converted_contact_id', 'converted_opportunity_id', 'converted_at'
        ) then null
        when p_column = 'tags' then 'tags'
        when p_column like 'address\_%' then 'address'
        when p_column = 'currency' and p_object -> 'columns' @> '[{"name": "annual_revenue"}]' then 'annual_revenue'
        else coalesce(p_object -> 'companions' ->> p_column, p_column)
    end
$$;
