"""The feed of changes: what is read page by page, while others write and commit late, is all of it, once."""

from __future__ import annotations

import concurrent.futures
import threading
from typing import Any

import pytest

from server import Server, Tenant, code_schema, wait_until
from test_forms import make

pytestmark = pytest.mark.quick


def feed(tenant: Tenant, after: str | None = None, limit: int = 1000, objects: str | None = None) -> dict[str, Any]:
    words = [f"limit={limit}"] + [f"{name}={value}" for name, value in (("after", after), ("objects", objects)) if value]
    answer = tenant.get("/v1/changes?" + "&".join(words))
    assert answer.status_code == 200, answer.text
    return answer.json()


def read(tenant: Tenant, after: str | None = None, limit: int = 1000, objects: str | None = None) -> tuple[list[dict[str, Any]], str]:
    items, page = [], {"has_more": True, "next": after}
    while page["has_more"]:
        answer = feed(tenant, page["next"], limit, objects)
        page = answer["page"]
        items += answer["items"]
    return items, page["next"]


LATE = """
insert into record_history (object, record_id, version, at, actor, cause, source, action, changes)
values ('account', gen_random_uuid(), 1, now(), 'tests', 'edit', 0, 'create', '{"name": [null, "late"]}')
"""


def names(items: list[dict[str, Any]]) -> list[str]:
    return [each["changes"]["name"][1] for each in items]


def test_what_happens_to_a_record_is_told_in_order(tenant: Tenant) -> None:
    account = make(tenant, "accounts", name="Acme")
    assert tenant.api("PATCH", f"/v1/accounts/{account}", {"industry": "Steel"}).status_code == 200
    assert tenant.api("DELETE", f"/v1/accounts/{account}").status_code == 204
    assert tenant.post(f"/v1/accounts/{account}:restore").status_code == 200
    contact = make(tenant, "contacts", email="a@acme.example")
    items, end = read(tenant)
    assert [(each["object"], each["id"], each["action"]) for each in items] == [
        ("account", account, "create"), ("account", account, "update"), ("account", account, "delete"),
        ("account", account, "restore"), ("contact", contact, "create")]
    assert {"email", "profile_id"} <= set(items[4]["changes"]), "a contact comes with its person"
    assert items[1]["changes"] == {"industry": [None, "Steel"]} and items[1]["version"] == 2
    assert items[0]["actor"].startswith("key:") and items[0]["cause"] == "edit" and items[0]["at"] <= items[4]["at"]
    assert read(tenant, end)[0] == []
    assert read(tenant, items[2]["cursor"])[0] == items[3:]
    assert read(tenant, objects="contacts")[0] == items[4:]
    assert read(tenant, limit=2)[0] == items
    now = feed(tenant, "now")
    assert now["items"] == [] and not now["page"]["has_more"]
    make(tenant, "accounts", name="Later")
    assert names(read(tenant, now["page"]["next"])[0]) == ["Later"]


def test_a_late_commit_leaves_no_gap_and_nothing_comes_twice(tenant: Tenant, tandem: Server) -> None:
    _, cursor = read(tenant)
    with tandem.connect(autocommit=False) as late:
        # A writer that has taken its numbers and does not commit yet.
        late.execute(f"set local search_path to {tenant.schema}, {tenant.internals}, {code_schema()}")
        late.execute(LATE)
        make(tenant, "accounts", name="early")
        seen, cursor = read(tenant, cursor)
        # What is behind the open transaction waits, though it is committed: the reader would pass the open one by.
        assert names(seen) == []
        before = feed(tenant, cursor)["page"]["complete_until"]
        late.commit()
    make(tenant, "accounts", name="last")

    def goes_on() -> bool:
        nonlocal cursor
        more, cursor = read(tenant, cursor)
        seen.extend(more)
        return len(seen) >= 3

    wait_until(goes_on)
    assert names(seen) == ["late", "early", "last"]
    wait_until(lambda: (feed(tenant, cursor)["page"]["complete_until"] or "") >= (before or ""))


def test_nothing_is_lost_while_eight_write(tenant: Tenant) -> None:
    _, cursor = read(tenant)
    made: list[str] = []
    ended = threading.Event()

    def work(number: int) -> None:
        for turn in range(12):
            items = [{"op": "create", "data": {"name": f"{number}-{turn}-{index}"}} for index in range(1 + turn % 4)]
            answer = tenant.post("/v1/accounts:batch", {"items": items})
            made.extend(each["id"] for each in answer.json()["results"])

    threads = [threading.Thread(target=work, args=[number]) for number in range(8)]
    for thread in threads:
        thread.start()
    threading.Thread(target=lambda: ([each.join() for each in threads], ended.set())).start()
    seen: list[str] = []
    is_last = False
    while not is_last:
        is_last = ended.is_set()
        items, cursor = read(tenant, cursor, limit=7)
        seen += [each["id"] for each in items]
    assert len(made) == 8 * 30

    def goes_on() -> bool:
        nonlocal cursor
        items, cursor = read(tenant, cursor)
        seen.extend(each["id"] for each in items)
        return len(seen) >= len(made)

    wait_until(goes_on)
    assert sorted(seen) == sorted(made)


@pytest.mark.parametrize(("query", "code"), [
    ("objects=nothing", "unknown_object"), ("after=c_forged", "invalid_cursor"), ("limit=none", "invalid_parameter")])
def test_what_is_asked_wrongly_is_told(tenant: Tenant, query: str, code: str) -> None:
    answer = tenant.get("/v1/changes?" + query)
    assert (answer.status_code, answer.json()["code"]) == (400, code)


def test_the_command_line_reads_and_follows(tenant: Tenant, tandem: Server) -> None:
    make(tenant, "accounts", name="Acme")
    items = tandem.cli("changes", "--tenant", tenant.slug)["items"]
    assert names(items) == ["Acme"] and items[0]["cursor"] == read(tenant)[0][0]["cursor"]
    following = ("changes", "--follow", "--after", items[0]["cursor"], "--limit", "1", "--tenant", tenant.slug)
    with concurrent.futures.ThreadPoolExecutor() as pool:
        follower = pool.submit(lambda: tandem.cli(*following))
        make(tenant, "accounts", name="Next")
        assert names([follower.result()]) == ["Next"]
