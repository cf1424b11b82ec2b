-- consent_decision: what was said of a channel and purpose, of the purpose, and of the channel; which of two words counts.
select plan(13);

create function pg_temp.decided(p_said text, p_channel text default 'email') returns text
language sql as $$
    select consent_decision(coalesce(jsonb_object_agg(split_part(w, '=', 1), jsonb_build_object(
        'granted', split_part(w, '=', 2) = 'yes', 'ts', '2026-01-0' || split_part(w, '=', 3))), '{}'), p_channel, 'marketing')
    from regexp_split_to_table(nullif(p_said, ''), ' ') w
    where w is not null
$$;

select is(pg_temp.decided(''), 'missing', 'nobody spoke of it');
select is(pg_temp.decided('analytics=yes=1'), 'missing', 'another purpose is another matter');
select is(pg_temp.decided('email=yes=1'), 'missing', 'agreeing to a channel agrees to no purpose');
select is(pg_temp.decided('marketing=yes=1'), 'granted', 'the purpose holds for all channels');
select is(pg_temp.decided('email.marketing=yes=1'), 'granted', 'one channel');
select is(pg_temp.decided('sms.marketing=yes=1'), 'missing', 'another channel');
select is(pg_temp.decided('marketing=no=1'), 'denied', 'the purpose refused');
select is(pg_temp.decided('marketing=yes=2 email.marketing=no=1'), 'denied', 'the channel refused stays refused');
select is(pg_temp.decided('marketing=yes=2 email=no=1'), 'denied', 'the channel refused for all purposes');
select is(pg_temp.decided('marketing=no=1 email.marketing=yes=1'), 'granted', 'of one moment the narrower word counts');
select is(pg_temp.decided('marketing=no=2 email.marketing=yes=1'), 'denied', 'a later refusal of all takes it back');
select is(pg_temp.decided('marketing=yes=1', null), 'granted', 'without a channel the purpose alone is asked for');
select is(pg_temp.decided('email.marketing=yes=1 email=no=2', null), 'missing', 'and a channel says nothing of it');

select * from finish();
