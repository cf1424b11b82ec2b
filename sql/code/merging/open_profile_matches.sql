-- As open_matches, of profiles: a pair that is one with a likelihood of at least 90 % waits for a decision as a review, the older profile as
-- its home. What was separated, is suppressed, or has an identifier in common that the rules keep apart is not suggested; what cannot be
-- decided any more is closed.
create or replace function open_profile_matches(
    p_object text, p_options jsonb, p_slice int4, p_slices int4, p_limit int4
) returns jsonb
language plpgsql
set jit to off
as $$
declare
    v_result jsonb;
begin
    update review r
    set state = 'obsolete', decided_at = now()
    from node h, node o
    where r.state = 'open' and r.reason = 'likeness' and h.id = r.home and o.id = r.nodes[1]
      and not profiles_may_be_one(h.component, o.component);
    with pair as materialized (
        select p.* from scored_matches(p_object, p_options, p_slice, p_slices, p_limit) p
    ), open as materialized (
        select r.id, least(h.component, o.component) as a, greatest(h.component, o.component) as b
        from review r
        join node h on h.id = r.home
        join node o on o.id = r.nodes[1]
        where r.state = 'open' and r.reason = 'likeness'
    ), likely as materialized (
        select
            least(x.public_node, y.public_node) as home, greatest(x.public_node, y.public_node) as other,
            least(x.label, y.label) as a, greatest(x.label, y.label) as b,
            jsonb_build_object('score', floor(100 * p.score)::int4, 'explanation', explain_match(p_object, p.levels, p.weight)) as detail
        from pair p
        join component x on x.profile_id = p.a
        join component y on y.profile_id = p.b
        where p.score >= 0.9 and profiles_may_be_one(x.label, y.label) and not rules_part_profiles(x.label, y.label)
    ), known as (
        update review r set detail = l.detail
        from likely l join open o using (a, b)
        where r.id = o.id and r.detail <> l.detail
    ), made as (
        insert into review (id, ref, refs, reason, home, nodes, detail, effective_at, created_at)
        select n.id, 'likeness:' || n.id, array['likeness:' || n.id], 'likeness', n.home, array[n.other], n.detail, now(), clock_timestamp()
        from (
            select uuidv7() as id, l.home, l.other, l.detail
            from likely l
            where not exists (select from open o where o.a = l.a and o.b = l.b)
            order by l.home, l.other
        ) n
        returning review.id, review.ref
    ), told as (
        insert into outbox (topic, key, payload, at)
        select 'review.opened', m.id::text, jsonb_build_object('id', m.id, 'ref', m.ref, 'reason', 'likeness'), now() from made m
    )
    select jsonb_build_object(
        'found', (select count(*) from made),
        'compared', (select count(*) from pair p where p.a is not null),
        'skipped', coalesce((
            select jsonb_object_agg(p.rules[1], jsonb_build_object('keys', p.skipped_keys, 'records', p.skipped_records))
            from pair p
            where p.a is null
        ), '{}')
    ) into v_result;
    return v_result;
end
$$;
