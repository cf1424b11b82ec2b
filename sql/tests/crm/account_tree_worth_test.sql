-- account_tree_worth: sums of an account and all below it, each once; and no write makes a loop of them.
select plan(7);

create function pg_temp.account(p_name text, p_parent text, p_amount numeric, p_currency text) returns uuid
language sql as $$
    with account as (
        select w.id from write_records('account', 0::int2, 40::int2, '2026-01-01', 'tests', 'edit', jsonb_build_array(
            jsonb_build_object('op', 'create', 'data', jsonb_build_object(
                'name', p_name, 'parent_id', (select a.id from accounts a where a.name = p_parent))))) w)
    select a.id from account a cross join lateral write_records('opportunity', 0::int2, 40::int2, '2026-01-01', 'tests', 'edit',
        jsonb_build_array(jsonb_build_object('op', 'create', 'data', jsonb_build_object(
            'name', p_name, 'account_id', a.id, 'amount', p_amount, 'currency', p_currency)))) o
$$;
create function pg_temp.tree(p_name text) returns jsonb
language sql as $$ select account_tree_worth(a.id) from accounts a where a.name = p_name $$;
create function pg_temp.move(p_name text, p_parent text) returns text
language sql as $$
    select coalesce(w.detail -> 0 ->> 'code', w.outcome) from write_records('account', 0::int2, 40::int2, '2026-01-02', 'tests', 'edit',
        jsonb_build_array(jsonb_build_object('op', 'update', 'id', (select a.id from accounts a where a.name = p_name), 'data',
            jsonb_build_object('parent_id', (select a.id from accounts a where a.name = p_parent))))) w
$$;

select ok(pg_temp.account('Top', null, 1, 'EUR') is not null and pg_temp.account('Left', 'Top', 20, 'EUR') is not null
    and pg_temp.account('Right', 'Top', 300, 'USD') is not null and pg_temp.account('Leaf', 'Left', 4000, 'EUR') is not null,
    'a tree of four');
select is(pg_temp.tree('Top'), '{"below": 3, "worth": [
    {"status": "open", "currency": "EUR", "count": 3, "amount": "4021.0000"},
    {"status": "open", "currency": "USD", "count": 1, "amount": "300.0000"}]}', 'the top has all, a currency an entry');
select is(pg_temp.tree('Left') #>> '{worth,0,amount}', '4020.0000', 'the middle has its own and what is below');
select is(pg_temp.tree('Leaf') ->> 'below', '0', 'a leaf has nothing below');
select is(pg_temp.move('Top', 'Leaf'), 'loop', 'an account is not put below one that is below it');
select is(pg_temp.move('Leaf', 'Right'), 'updated', 'but anywhere else');
select is(pg_temp.tree('Right') ->> 'below', '1', 'and counts there');

select * from finish();
