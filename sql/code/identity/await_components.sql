-- lock_components for what people do: where it would give up because the components have changed, its locks are let go and it
-- begins again, so that nobody sees a retryable error: at once, since the next try waits for whoever holds the first of them.
-- Ingest repeats its whole call instead, without a subtransaction a batch.
create or replace function await_components(p_nodes bigint[]) returns bigint[]
language plpgsql
as $$
begin
    for attempt in 1 .. 20 loop
        begin
            return lock_components(null::text, p_nodes);
        exception
            when serialization_failure or deadlock_detected then null;
        end;
    end loop;
    return lock_components(null::text, p_nodes);
end
$$;
