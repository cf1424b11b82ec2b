-- check_identity: silent where all agrees, and naming the law for each way of disagreeing.
select plan(8);

select send('1', 'identify', '2026-01-01', '{user_id, u}', '{"email": "u@example.test"}');
select send('2', 'track', '2026-01-02', '{anonymous_id, a}');
select send('3', 'track', '2026-01-03', '{user_id, u, anonymous_id, a}');
select is_empty($$ select * from check_identity() $$, 'it finds nothing where all agrees');

-- Breaks one thing, answers the laws found broken, and mends it.
create function pg_temp.broken_by(p_statement text) returns setof text
language plpgsql as $$
declare
    v_laws text[];
begin
    begin
        execute p_statement;
        v_laws := array(select distinct c.law from check_identity() c);
        raise exception 'mend';
    exception
        when raise_exception then
            return query select unnest(v_laws);
    end;
end
$$;

select bag_has(
    $$ select pg_temp.broken_by('update node set component = 999 where id = owner_of(''anonymous_id'', ''a'')') $$,
    $$ values ('an active edge joins nodes of one component') $$, 'a node with another label');
select bag_has(
    $$ select pg_temp.broken_by('update edge set active = false') $$,
    $$ values ('an edge is active as long as its merge is applied'), ('a component is a tree of active edges') $$,
    'an edge that is off while its merge stands');
select bag_has(
    $$ select pg_temp.broken_by('update component set identifiers = 7') $$,
    $$ values ('a component agrees with its nodes') $$, 'a wrong count of identifiers');
select bag_has(
    $$ select pg_temp.broken_by('update profiles set email = ''other@example.test''') $$,
    $$ values ('a profile''s row shows its component') $$, 'a profile that shows something else');
select bag_has(
    $$ select pg_temp.broken_by('update node set traits = ''{"email": "x"}''') $$,
    $$ values ('a node''s traits are the fold of its records') $$, 'traits that nobody sent');
select bag_has(
    $$ select pg_temp.broken_by('update activity_seen set first_at = ''2020-01-01''') $$,
    $$ values ('first and last seen are those of the events') $$, 'a first event that there was not');
select is_empty($$ select * from check_identity() $$, 'mended, it finds nothing again');

select * from finish();
