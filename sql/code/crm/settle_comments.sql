-- The rules of a comment, applied to a wave before it is written: only its author changes what it says, and of whom the text seems
-- to name, known users are mentions and the rest is unknown_mentions. The writer gives both arrays side by side: mentions[n] is
-- the user's id where the text has one, unknown_mentions[n] the words that stand there (an e-mail address without an id).
create or replace function settle_comments(p_context jsonb, p_items jsonb[]) returns jsonb[]
language sql stable
as $$
    select array_agg(
        case
            when i ? 'outcome' then i
            when not i ? 'created' and i -> 'new' ?| array['body', 'object', 'object_id']
                and i #>> '{old,created_by}' <> p_context ->> 'actor'
            then i || jsonb_build_object('outcome', 'error', 'code', 'not_author', 'detail', '{}'::jsonb)
            when not i -> 'given' ? 'unknown_mentions' then i
            else i || jsonb_build_object('new', (i -> 'new') - 'mentions' - 'unknown_mentions'
                || case when i #> '{old,mentions}' = s.known then '{}' else jsonb_build_object('mentions', s.known) end
                || case
                    when i #> '{old,unknown_mentions}' = s.unknown then '{}'
                    else jsonb_build_object('unknown_mentions', s.unknown)
                end)
        end
        order by n)
    from unnest(p_items) with ordinality u (i, n)
    left join lateral (
        select
            coalesce(jsonb_agg(m.id order by m.place) filter (where m.id is not null), '[]') as known,
            coalesce(jsonb_agg(m.words order by m.place) filter (where m.id is null), '[]') as unknown
        from (
            select coalesce(x.id::text, w.words) as key, x.id, min(w.words) as words, min(w.place) as place
            from jsonb_array_elements_text(i #> '{given,unknown_mentions}') with ordinality w (words, place)
            left join jsonb_array_elements_text(i #> '{given,mentions}') with ordinality d (id, place) using (place)
            left join lateral (
                select s.id from users s
                where s.id = d.id::uuid or d.id is null and lower(s.email) = lower(w.words)
                order by s.id
                limit 1
            ) x on true
            group by 1, 2
        ) m
    ) s on true
$$;
