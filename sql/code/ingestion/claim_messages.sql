-- Enters message keys into the dedupe tables and answers those that were new. A key is known while its generation or the next
-- one is in force. Copies are rare, so that keys are entered without a look first; only where one is there already are the new
-- ones sorted out. (`on conflict` would cost each new key a lock and a WAL record more.) Keys go in by order, so that batches
-- with common messages wait for each other one way only. The tables are named statically, a branch for each generation, so that
-- the plans are cached. p_generation: the one in force; p_overlap, p_aged, p_imported: whether another writer may still use the one
-- before it, whether there is an older one, whether anything was imported.
create or replace function claim_messages(
    p_plans anyelement, p_ids uuid[], p_generation int2, p_overlap boolean, p_aged boolean, p_imported boolean
) returns uuid[]
language plpgsql
as $$
declare
    v_ids uuid[] := p_ids;
begin
    -- Most tenants have imported nothing, and a young one has no older generation: then neither is looked into. (Statements of
    -- their own: beside an `or` the planner might read the whole table into a hash.)
    if p_imported then
        v_ids := array(
            select u.id from unnest(v_ids) u(id) where not exists (select from dedupe_import i where i.event_id = u.id)
        );
    end if;
    if p_aged then
        v_ids := unaged_messages(v_ids, p_generation, p_overlap);
    end if;
    begin
        case p_generation
        when 0 then insert into dedupe_0 (event_id) select u.id from unnest(v_ids) u(id) order by u.id;
        when 1 then insert into dedupe_1 (event_id) select u.id from unnest(v_ids) u(id) order by u.id;
        when 2 then insert into dedupe_2 (event_id) select u.id from unnest(v_ids) u(id) order by u.id;
        end case;
        return v_ids;
    exception
        when unique_violation then null;
    end;
    -- Whoever brings one of these at this very moment gets 23505 now and is repeated as a whole.
    case p_generation
    when 0 then
        v_ids := array(
            select distinct u.id
            from unnest(v_ids) u(id)
            where not exists (select from dedupe_0 d where d.event_id = u.id)
            order by u.id
        );
        insert into dedupe_0 (event_id) select u.id from unnest(v_ids) u(id);
    when 1 then
        v_ids := array(
            select distinct u.id
            from unnest(v_ids) u(id)
            where not exists (select from dedupe_1 d where d.event_id = u.id)
            order by u.id
        );
        insert into dedupe_1 (event_id) select u.id from unnest(v_ids) u(id);
    when 2 then
        v_ids := array(
            select distinct u.id
            from unnest(v_ids) u(id)
            where not exists (select from dedupe_2 d where d.event_id = u.id)
            order by u.id
        );
        insert into dedupe_2 (event_id) select u.id from unnest(v_ids) u(id);
    end case;
    return v_ids;
end
$$;
