-- compare_values: what a slip of the pen is, and what is not.
select plan(26);

select is(compare_values('words', 'meier', 'meier', null, null), 3::int2, 'the same');
select is(compare_values('words', 'meier', 'maier', null, null), 2::int2, 'a letter');
select is(compare_values('words', 'josephine', 'josefine', null, null), 2::int2, 'two letters of a long word');
select is(compare_values('words', 'meyer', 'mayr', null, null), 1::int2, 'the same sound');
select is(compare_values('words', 'a', 'ada', null, null), 1::int2, 'an initial');
select is(compare_values('words', 'meier', 'schulz', null, null), 0::int2, 'another word');
select is(compare_values('words', 'meier', null, null, null), null::int2, 'nothing is said of what is missing');
select is(compare_values('name', 'ada', 'byron', 'byron', 'ada'), 2::int2, 'first and last name in each other''s place');
select is(compare_values('code', '1980-02-13', '1980-02-13', null, null), 3::int2, 'a date');
select is(compare_values('code', '1980-02-03', '1980-03-02', null, null), 2::int2, 'day and month swapped');
select is(compare_values('code', '1980-02-13', '1980-02-31', null, null), 2::int2, 'two digits swapped');
select is(compare_values('code', '1980-12-13', '1981-02-14', null, null), 0::int2, 'another date');
select is(compare_values('email', 'ada.b@x.example', 'ada.b@y.example', null, null), 2::int2, 'one letter of an address');
select is(compare_values('email', 'ada.byron@x.example', 'ada.byron@work.test', null, null), 1::int2, 'the name at another house');
select is(compare_values('email', 'ada1@x.example', 'ada2@x.example', null, null), 0::int2, 'another number is another person');
select is(compare_values('email', 'ada@x.example', 'ada1@x.example', null, null), 0::int2, 'and so is one with a number');
select is(compare_values('street', E'12\tlindenallee', E'12\tlindenalee', null, null), 3::int2, 'number and words');
select is(compare_values('street', E'12\tlindenallee', E'14\tlindenallee', null, null), 2::int2, 'another number');
select is(compare_values('street', E'12\tlindenallee', E'12\tmarktplatz', null, null), 1::int2, 'the number alone');
select is(compare_values('place', E'10115\tberlin', E'10115\tberlin', null, null), 3::int2, 'code and city');
select is(compare_values('place', E'10115\tberlin', E'10151\tberlin', null, null), 2::int2, 'a slip in the code');
select is(compare_values('place', E'10115\tberlin', E'80331\tberlin', null, null), 1::int2, 'the city alone');
select is(compare_values('domain', 'acme.example', 'acme.test', null, null), 2::int2, 'the same name in another country');
select is(compare_values('exact', 'f', 'm', null, null), 0::int2, 'other kinds are the same or not');
select is(fold_words('  Émile-Zola, Straße 5 '), 'emile zola strasse 5', 'accents, case and signs count for nothing');
select is(fold_words(' - '), null, 'and of nothing there is nothing');
