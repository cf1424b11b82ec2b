"""Lists, read to their end page by page: every record once, in the order asked, whatever is empty; and by an index."""

from __future__ import annotations

from typing import Any

import pytest

from server import Server, Tenant

pytestmark = pytest.mark.quick
FIELDS = ("name", "amount", "close_date", "source")


@pytest.fixture(scope="module")
def deals(tandem: Server) -> Tenant:
    """Forty opportunities, many alike, many without one value or another."""
    tenant = tandem.tenant("lists")
    items = [
        {"op": "create", "data": {
            "name": f"Deal {number % 7}", "amount": None if number % 5 == 0 else f"{number % 4}00.00", "currency": "EUR",
            "close_date": None if number % 3 == 0 else f"2026-0{1 + number % 4}-01", "source": [None, "web", "fair"][number % 3]}}
        for number in range(40)]
    answer = tenant.post("/v1/opportunities:batch", {"items": items})
    assert {each["status"] for each in answer.json()["results"]} == {201}, answer.text
    return tenant


def pages(tenant: Tenant, sort: list[str], where: Any = None, limit: int = 7) -> list[dict[str, Any]]:
    items, after = [], None
    while True:
        answer = tenant.post(
            "/v1/opportunities/search", {"sort": sort, "limit": limit, "after": after, "where": where, "fields": list(FIELDS)})
        assert answer.status_code == 200, answer.text
        items += answer.json()["items"]
        after = answer.json()["page"]["next"]
        if after is None:
            return items


def in_order(items: list[dict[str, Any]], sort: list[str]) -> list[dict[str, Any]]:
    """The plain way: from the last key to the first; nothing comes after something."""
    items = sorted(items, key=lambda each: each["id"], reverse=sort[0].startswith("-"))
    for field in reversed(sort):
        name = field.removeprefix("-")
        full, empty = [each for each in items if each[name] is not None], [each for each in items if each[name] is None]
        number = float if name == "amount" else str
        items = sorted(full, key=lambda each: number(each[name]), reverse=field.startswith("-")) + empty
    return items


@pytest.mark.parametrize("sort", [
    ["name"], ["-name"], ["amount"], ["-amount"], ["close_date", "name"], ["-close_date", "-amount"], ["name", "-close_date"],
    ["-source", "amount"], ["source", "close_date", "amount"], ["created_at"], ["-updated_at", "name"]])
def test_pages_hold_every_record_once_in_order(deals: Tenant, sort: list[str]) -> None:
    items = pages(deals, sort)
    whole = pages(deals, sort, limit=1000)
    assert items == whole and len({each["id"] for each in items}) == 40
    if not {"created_at", "-updated_at"} & set(sort):
        assert [each["id"] for each in items] == [each["id"] for each in in_order(whole, sort)]


def test_conditions_on_what_is_empty_are_false_also_where_they_are_turned(deals: Tenant) -> None:
    def count(where: Any) -> int:
        return len(pages(deals, ["name"], where))

    web = {"field": "source", "op": "eq", "value": "web"}
    other = {"field": "source", "op": "ne", "value": "web"}
    low = {"field": "amount", "op": "lt", "value": "150"}
    every = count(None)
    assert count(web) + count(other) + count({"field": "source", "op": "is_not_set"}) == every
    assert count({"not": web}) == every - count(web)
    assert count({"not": {"not": other}}) == count(other)
    assert count({"not": {"any": [web, low]}}) == every - count({"any": [web, low]})
    assert count({"not": {"all": [other, low]}}) == every - count({"all": [other, low]})


PLANS = [
    ("contacts", "t.name ilike '%byron%' or t.email ilike '%byron%'", None, "contacts_words"),
    ("contacts", "(t.name, t.id) > ('M', '00000000-0000-0000-0000-000000000000') and t.name is not null", "t.name, t.id", "contacts_name"),
    ("accounts", "(t.name, t.id) < ('M', '00000000-0000-0000-0000-000000000000')", "t.name desc, t.id desc", "accounts_name"),
    ("opportunities", "t.close_date is not null and t.stage_id = '00000000-0000-0000-0000-000000000000'",
     "t.close_date desc, t.id desc", "opportunities_stage"),
    ("leads", "t.company ilike 'acme%'", None, "leads_words"),
]


@pytest.mark.parametrize(("table", "condition", "order", "index"), PLANS, ids=[each[3] for each in PLANS])
def test_an_index_serves_them(deals: Tenant, table: str, condition: str, order: str | None, index: str) -> None:
    with deals.server.connect() as connection:
        connection.execute("select set_config('search_path', %s, false)", [deals.schema])
        connection.execute("set enable_seqscan to off")
        connection.execute("set enable_sort to off")
        page = f"order by {order} limit 51" if order else ""
        plan = connection.execute(f"explain select t.id from {table} t where {condition} {page}").fetchall()
    text = "\n".join(line for (line,) in plan)
    assert index in text, text
