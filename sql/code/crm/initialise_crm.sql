-- What a tenant's CRM starts with: one pipeline, "Sales", with its stages. Does nothing where a pipeline exists.
create or replace function initialise_crm() returns void
language plpgsql
as $$
declare
    v_pipeline uuid := uuidv7();
begin
    if exists (select from pipelines) then
        return;
    end if;
    insert into pipelines (id, name, position, created_at, updated_at, created_by)
    values (v_pipeline, 'Sales', 0, now(), now(), 'tandem');
    insert into stages (id, pipeline_id, key, name, position, probability, forecast_category, status,
        created_at, updated_at, created_by)
    select uuidv7(), v_pipeline, s.key, s.name, s.position, s.probability, s.category, s.status, now(), now(), 'tandem'
    from (values
        ('prospecting', 'Prospecting', 1, 10, 'pipeline', 'open'),
        ('engaging', 'Engaging', 2, 40, 'best_case', 'open'),
        ('won', 'Won', 3, 100, 'closed', 'won'),
        ('lost', 'Lost', 4, 0, 'omitted', 'lost')) s (key, name, position, probability, category, status)
    order by s.position;
end
$$;
