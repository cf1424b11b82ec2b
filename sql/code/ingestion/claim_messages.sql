-- Enters message keys into the dedupe tables and answers those that were new. A key is known while its generation or the next
-- one is in force. Copies are rare, so that keys are entered without a look first; only where one is there already are the new
-- ones sorted out. (`on conflict` would cost each new key a lock and a WAL record more.) Keys go in by order, so that batches
-- with common messages wait for each other one way only. The tables are named statically, a branch for each generation, so that
-- the plans are cached.
create or replace function claim_messages(p_plans anyelement, p_ids uuid[]) returns uuid[]
language plpgsql
as $$
declare
    -- A writer that read the state before a rotation may still insert; for as long, new keys go into both generations.
    c_overlap constant interval := '10 minutes';
    v_state record;
    v_ids uuid[] := p_ids;
begin
    select
        s.generation, s.rotated_at > now() - c_overlap and s.rotations > 0 as overlap, s.rotations > 0 as aged,
        exists (select from dedupe_import) as imported
    into v_state
    from dedupe_state s;
    -- Most tenants have imported nothing, and a young one has no older generation: then neither is looked into. (Statements of
    -- their own: beside an `or` the planner might read the whole table into a hash.)
    if v_state.imported then
        v_ids := array(
            select u.id from unnest(v_ids) u(id) where not exists (select from dedupe_import i where i.event_id = u.id)
        );
    end if;
    if v_state.aged then
        v_ids := unaged_messages(v_ids, v_state.generation, v_state.overlap);
    end if;
    begin
        case v_state.generation
        when 0 then insert into dedupe_0 (event_id) select u.id from unnest(v_ids) u(id) order by u.id;
        when 1 then insert into dedupe_1 (event_id) select u.id from unnest(v_ids) u(id) order by u.id;
        when 2 then insert into dedupe_2 (event_id) select u.id from unnest(v_ids) u(id) order by u.id;
        end case;
        return v_ids;
    exception
        when unique_violation then null;
    end;
    -- Whoever brings one of these at this very moment gets 23505 now and is repeated as a whole.
    case v_state.generation
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
