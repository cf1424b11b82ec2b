-- match_session: finds the shares that a mixture was made of, without being told which pair is which.
select plan(4);

-- 1,000 matches that agree at 90, 80 and 70 %, 9,000 others at 1, 2 and 3 %, in expectation, and independently.
create temp table told as
select s.matches, s.sums
from (
    select array_agg(p.pattern) as patterns, array_agg(p.n) as counts
    from (
        select concat(a.level, b.level, c.level) as pattern, round(1000 * a.m * b.m * c.m + 9000 * a.u * b.u * c.u)::int8 as n
        from (values (3, 0.9, 0.01), (0, 0.1, 0.99)) a (level, m, u)
        cross join (values (3, 0.8, 0.02), (0, 0.2, 0.98)) b (level, m, u)
        cross join (values (3, 0.7, 0.03), (0, 0.3, 0.97)) c (level, m, u)
    ) p
) x
cross join lateral match_session(
    x.patterns, x.counts, array[.3, .01, .01, .68, .3, .01, .01, .68, .3, .01, .01, .68],
    array[.99, 1e-9, 1e-9, .01, .98, 1e-9, 1e-9, .02, .97, 1e-9, 1e-9, .03]
) s;
select ok((select t.matches between 950 and 1050 from told t), 'how many are one');
select ok((select abs(t.sums[4] / t.matches - 0.9) < 0.03 from told t), 'how often these agree in the first');
select ok((select abs(t.sums[8] / t.matches - 0.8) < 0.03 from told t), 'and in the second');
select is((select t.sums[2] from told t), 0::float8, 'what nobody shows was not seen');
