-- Whether somebody agreed to a purpose on a channel (null: on any): granted, denied, or missing where nobody spoke of it. p_said: see
-- consent_said. `channel.purpose` is what is asked for; `purpose` says it for all channels; a refused `channel` refuses all purposes on it. The
-- narrower word holds against a wider refusal only if it is not older; a wider refusal that is newer takes it back.
create or replace function consent_decision(p_said jsonb, p_channel text, p_purpose text) returns text
language sql stable
as $$
    with word as (
        select w.place, (p_said #>> array[w.category, 'granted'])::boolean as granted, (p_said #>> array[w.category, 'ts'])::timestamptz as ts
        from (values (1, concat_ws('.', p_channel, p_purpose)), (2, p_purpose), (3, p_channel)) w(place, category)
        where p_said ? w.category
    ), exact as (
        select w.granted, w.ts from word w where w.place = 1
    )
    select case
        when exists (select from exact e where not e.granted) then 'denied'
        when exists (
            select from word w
            where w.place > 1 and not w.granted and not exists (select from exact e where e.ts >= w.ts)
        ) then 'denied'
        when exists (select from word w where w.place < 3 and w.granted) then 'granted'
        else 'missing'
    end
$$;
