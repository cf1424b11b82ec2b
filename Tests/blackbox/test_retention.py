"""For how long events are kept: by rules, in steps, counted; what identifies people stays."""

from __future__ import annotations

from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest

from console import Browser
from server import Server, Tenant, wait_until
from test_conversion import get


@pytest.fixture(scope="module")
def shared(tandem: Server) -> Tenant:
    return tandem.tenant("retention-shared", modules="cdp")


def send(tenant: Tenant, kind: str, days: int, id: str, **fields: Any) -> None:
    """An event that happened, and was received, so many days ago."""
    at = (datetime.now(timezone.utc) - timedelta(days=days)).isoformat().replace("+00:00", "Z")
    message = {"userId": "u", "messageId": id, "timestamp": at, **fields}
    assert tenant.ingest(kind, message).status_code == 200
    tenant.server.sql("update event_log set received_at = ts where message_id = %s", [id], schema=tenant.internals)


def put(tenant: Tenant, *rules: dict[str, Any], **headers: str) -> Any:
    return tenant.api("PUT", "/v1/retention", {"rules": list(rules)}, headers=headers)


def step(tenant: Tenant, pages: int = 1) -> int:
    return tenant.server.sql("select retention_step(now(), %s)", [pages], schema=tenant.schema)[0][0]


def sweep(tenant: Tenant) -> int:
    """A pass to its end, a page at a time; answers how many steps it took."""
    steps = 0
    while step(tenant):
        steps += 1
        assert steps < 1000
    return steps


def left(tenant: Tenant) -> set[str]:
    return {name for name, in tenant.server.sql("select message_id from events", schema=tenant.schema)}


def deleted(tenant: Tenant) -> dict[str, int]:
    return get(tenant, "retention")["pass"]["deleted"]


def test_what_no_rule_keeps_goes_and_is_counted(tandem: Server, tenant: Tenant) -> None:
    for days in (10, 40, 90, 500):
        send(tenant, "track", days, f"beat-{days}", event="Heartbeat")
        send(tenant, "track", days, f"order-{days}", event="Order Completed")
        send(tenant, "page", days, f"page-{days}", name="Pricing")
    other = tandem.tenant(tenant.slug + "-other")
    send(other, "track", 500, "beat", event="Heartbeat")
    rules = [{"type": "track", "event": "Heartbeat", "days": 30}, {"type": "page", "days": 60}, {"type": "*", "days": 400}]
    plan = tenant.post("/v1/retention:preview", {"rules": rules}).json()["would_delete"]
    assert plan == [{"type": "track", "event": "Heartbeat", "events": 3}, {"type": "page", "event": "Pricing", "events": 2},
                    {"type": "track", "event": "Order Completed", "events": 1}]
    assert len(left(tenant)) == 12 and step(tenant) == 0
    assert put(tenant, *rules).json()["version"] == 1
    sweep(tenant)
    assert left(tenant) == {"beat-10", "order-10", "order-40", "order-90", "page-10", "page-40"}
    assert deleted(tenant) == {"track Heartbeat": 3, "page Pricing": 2, "track Order Completed": 1}
    assert left(other) == {"beat"}
    audit = tandem.sql("select detail from audit where action = 'event_retention.pass'", schema=tenant.schema)
    assert audit == [({"deleted": deleted(tenant)},)]
    # Nothing is looked at twice in a day; other rules begin anew.
    assert step(tenant) == 0
    assert put(tenant, {"type": "page", "days": 20}).json()["version"] == 2
    sweep(tenant)
    assert left(tenant) == {"beat-10", "order-10", "order-40", "order-90", "page-10"} and deleted(tenant) == {"page Pricing": 1}


def test_steps_are_small_and_go_on_where_they_were(tandem: Server, tenant: Tenant) -> None:
    batch = [{"type": "track", "userId": f"u{n}", "event": "Heartbeat", "messageId": f"m{n}", "timestamp": "2025-01-10T00:00:00Z",
              "properties": {"text": "x" * 900}} for n in range(100)]
    assert tenant.ingest("batch", {"batch": batch}).json()["accepted"] == 100
    tandem.sql("update event_log set received_at = ts", schema=tenant.internals)
    assert put(tenant, {"type": "track", "days": 30}).ok
    # The update has left the first pages empty.
    while len(left(tenant)) == 100:
        assert step(tenant) == 1
    assert 0 < len(left(tenant)) < 100 and get(tenant, "retention")["pass"]["finished_at"] is None
    assert sweep(tenant) >= 2 and left(tenant) == set() and deleted(tenant) == {"track Heartbeat": 100}


def test_what_was_received_lately_stays_whatever_its_time(tenant: Tenant) -> None:
    message = {"userId": "u", "event": "Heartbeat", "messageId": "old", "timestamp": "2020-01-01T00:00:00Z"}
    assert tenant.ingest("track", message).status_code == 200
    assert put(tenant, {"type": "*", "days": 1}).ok
    sweep(tenant)
    assert left(tenant) == {"old"}


def test_who_is_who_stays_and_merges_can_be_undone(tandem: Server, tenant: Tenant) -> None:
    send(tenant, "identify", 100, "a", userId="a", anonymousId="anon", traits={"plan": "pro"})
    said = {"consent": {"categoryPreferences": {"marketing": True}}}
    send(tenant, "identify", 100, "b", userId="b", traits={"colour": "red"}, context=said)
    send(tenant, "group", 100, "g", userId="a", groupId="g1")
    merge = tenant.post("/v1/merges", {"winner": {"type": "user_id", "value": "a"}, "loser": {"type": "user_id", "value": "b"}}).json()
    before = get(tenant, "profiles/by/user_id/a")
    consent = get(tenant, f"profiles/{before['id']}/consent")
    assert put(tenant, {"type": "*", "days": 30}).ok
    sweep(tenant)
    assert left(tenant) == set()
    after = get(tenant, "profiles/by/anonymous_id/anon")
    assert {key: after[key] for key in after if key != "version"} == {key: before[key] for key in before if key != "version"}
    assert get(tenant, f"profiles/{before['id']}/consent") == consent
    assert tandem.sql("select * from check_identity()", schema=tenant.schema) == []
    assert tenant.post(f"/v1/merges/{merge['id']}:undo").ok
    assert get(tenant, "profiles/by/user_id/b")["traits"] == {"colour": "red"}
    # The same person comes again, and a copy of what was deleted is a copy still.
    assert tenant.ingest("track", {"userId": "a", "event": "Back", "messageId": "new"}).json()["accepted"] == 1
    assert get(tenant, "profiles/by/user_id/a")["id"] == before["id"]
    assert tenant.ingest("identify", {"userId": "a", "messageId": "a"}).json()["duplicates"] == 1


@pytest.mark.parametrize("rule, pointer", [
    ({}, "/rules/0/type"), ({"type": "tracks", "days": 1}, "/rules/0/type"), ({"type": "track"}, "/rules/0/days"),
    ({"type": "track", "days": 0}, "/rules/0/days"), ({"type": "identify", "event": "x", "days": 1}, "/rules/0/event"),
    ({"type": "track", "days": 1, "what": 1}, "/rules/0/what"),
])
def test_rules_that_are_none(shared: Tenant, rule: dict[str, Any], pointer: str) -> None:
    answer = put(shared, rule)
    assert answer.status_code == 422 and answer.json()["errors"][0]["pointer"] == pointer, answer.text
    twice = put(shared, {"type": "page", "days": 1}, {"type": "page", "days": 2})
    assert twice.json()["errors"][0]["pointer"] == "/rules/1"
    assert put(shared, **{"If-Match": '"7"'}).status_code == 412


def test_command_line_and_console(tandem: Server, tenant: Tenant, tmp_path: Path) -> None:
    send(tenant, "track", 100, "old", event="Heartbeat")
    file = tmp_path / "retention.json"
    file.write_text('[{"type": "track", "event": "Heartbeat", "days": 30}]')
    where = ("--tenant", tenant.slug)
    assert tandem.cli("retention", "show", *where, json=False) == "No rules: all events are kept.\n"
    text = tandem.cli("retention", "set", str(file), "--dry-run", *where, json=False)
    assert text.splitlines()[-1].split() == ["1", "track", "Heartbeat"]
    assert get(tenant, "retention")["version"] == 0
    assert tandem.cli("retention", "set", str(file), *where)["version"] == 1
    sweep(tenant)
    assert "deleted: 1 track Heartbeat" in tandem.cli("retention", "show", *where, json=False)
    page = Browser(tandem).sign_in().get(f"/console/{tenant.slug}/sources").text
    assert "Heartbeat: 30 days." in page and "it deleted one event." in page


def test_the_server_does_it_by_itself(own_tandem: Server) -> None:
    tenant = own_tandem.tenant("acme")
    send(tenant, "track", 100, "old", event="Heartbeat")
    send(tenant, "track", 1, "young", event="Heartbeat")
    assert put(tenant, {"type": "track", "days": 30}).ok
    own_tandem.restart()
    wait_until(lambda: left(tenant) == {"young"}, 30)
