-- What records of an object are compared by, in order. kind: how, see compare_values; other: the place of the value that at times stands
-- in the wrong field; rules: which keys of match_features mean that it is alike. m and u: how often, of two records that are one and of two
-- others, it is not at all (first), a little, nearly and quite the same (last), as long as the tenant's own records do not tell.
-- p_options: see match_options.
create or replace function match_comparisons(p_object text, p_options jsonb) returns table (
    place int4, name text, kind text, other int4, rules text[], m float8[], u float8[]
)
language sql immutable
as $$
    select (row_number() over (order by c.n))::int4, c.name, c.kind, c.other, c.rules, c.m, c.u
    from (
        select c.*
        from (values
            ('contact', 1, 'first_name', 'name', 2, array['names', 'sounds', 'name_and_place', 'own_and_name'],
                array[.005, .045, .06, .89], array[.94, .04, .01, .01]),
            ('contact', 2, 'last_name', 'name', 1, array['names', 'sounds', 'name_and_place', 'own_and_name'],
                array[.05, .03, .04, .88], array[.964, .03, .003, .003]),
            ('contact', 3, 'email', 'email', null, array['email'], array[.35, .1, .05, .5], array[.9988, .001, .0001, .0001]),
            ('contact', 4, 'phone', 'code', null, array['phone'], array[.35, .001, .049, .6], array[.9979, .0001, .001, .001]),
            ('contact', 5, 'street', 'street', null, array['street'], array[.2, .1, .1, .6], array[.936, .05, .01, .004]),
            ('contact', 6, 'place', 'place', null,
                array['name_and_place', 'own_and_place', 'street'],
                array[.15, .1, .1, .65], array[.89, .08, .01, .02]),
            ('account', 1, 'name', 'words', null, array['company', 'name_start', 'name_and_place'],
                array[.01, .19, .1, .7], array[.985, .0139, .001, .0001]),
            ('account', 2, 'domain', 'domain', null, array['domain'], array[.25, .001, .1, .649], array[.9988, .0001, .001, .0001]),
            ('account', 3, 'phone', 'code', null, array['phone'], array[.35, .001, .049, .6], array[.9979, .0001, .001, .001]),
            ('account', 4, 'street', 'street', null, array['street'], array[.2, .1, .1, .6], array[.936, .05, .01, .004]),
            ('account', 5, 'place', 'place', null, array['name_and_place', 'own_and_place', 'street'],
                array[.15, .1, .1, .65], array[.89, .08, .01, .02]),
            ('lead', 1, 'first_name', 'name', 2, array['names', 'sounds', 'name_and_company', 'own_and_name'],
                array[.005, .045, .06, .89], array[.94, .04, .01, .01]),
            ('lead', 2, 'last_name', 'name', 1, array['names', 'sounds', 'name_and_company', 'own_and_name'],
                array[.05, .03, .04, .88], array[.964, .03, .003, .003]),
            ('lead', 3, 'email', 'email', null, array['email'], array[.35, .1, .05, .5], array[.9988, .001, .0001, .0001]),
            ('lead', 4, 'phone', 'code', null, array['phone'], array[.35, .001, .049, .6], array[.9979, .0001, .001, .001]),
            ('lead', 5, 'company', 'words', null, array['name_and_company'], array[.15, .1, .1, .65], array[.96, .03, .005, .005]),
            ('profile', 1, 'first_name', 'name', 2,
                array['names', 'sounds', 'birth_and_name', 'name_and_place', 'name_and_company'],
                array[.005, .045, .06, .89], array[.94, .04, .01, .01]),
            ('profile', 2, 'last_name', 'name', 1,
                array['names', 'sounds', 'birth_and_name', 'name_and_place', 'name_and_company'],
                array[.05, .03, .04, .88], array[.964, .03, .003, .003]),
            ('profile', 3, 'email', 'email', null, array['email'], array[.35, .1, .05, .5], array[.9988, .001, .0001, .0001]),
            ('profile', 4, 'phone', 'code', null, array['phone'], array[.35, .001, .049, .6], array[.9979, .0001, .001, .001]),
            ('profile', 5, 'birth_date', 'code', null, array['birth_and_name', 'birth_and_place'],
                array[.1, .001, .099, .8], array[.9968, .0001, .003, .0001]),
            ('profile', 6, 'street', 'street', null, array['street'], array[.2, .1, .1, .6], array[.936, .05, .01, .004]),
            ('profile', 7, 'place', 'place', null, array['birth_and_place', 'name_and_place', 'street'],
                array[.15, .1, .1, .65], array[.89, .08, .01, .02]),
            ('profile', 8, 'company', 'words', null, array['name_and_company'], array[.15, .1, .1, .65], array[.96, .03, .005, .005])
        ) c (object, n, name, kind, other, rules, m, u)
        where c.object = p_object
        union all
        select p_object, 100 + f.n, f.name, k.kind, null, array['own_and_name', 'own_and_place'], k.m, k.u
        from jsonb_array_elements(p_options -> 'own') with ordinality o (field, n)
        cross join lateral (select o.field ->> 'name' as name, o.field ->> 'type' as type, o.n) f
        cross join lateral (
            select w.*
            from (values
                (1, array['date'], 'code', array[.1, .001, .099, .8], array[.9968, .0001, .003, .0001]),
                (2, array['integer', 'decimal', 'phone'], 'code', array[.1, .001, .099, .8], array[.9698, .0002, .02, .01]),
                (3, array['email'], 'email', array[.35, .1, .05, .5], array[.9988, .001, .0001, .0001]),
                (4, array['text', 'long_text'], 'words', array[.2, .1, .1, .6], array[.9, .06, .02, .02]),
                (5, null, 'exact', array[.1, .001, .001, .898], array[.5, .001, .001, .498])
            ) w (n, types, kind, m, u)
            where w.types is null or f.type = any (w.types)
            order by w.n
            limit 1
        ) k
    ) c
$$;
