"""Tracking plans: what is refused when one is saved, what becomes of events that do not keep to one, what is noted of them, and
plans that are learned from what is stored."""

from __future__ import annotations

import json
import pathlib
import uuid
from typing import Any

import pytest

from console import Browser
from server import CommandFailed, Server, Tenant, code_schema, wait_until

ORDER = {
    "type": "object", "required": ["total"],
    "properties": {
        "total": {"type": "number", "minimum": 0}, "currency": {"enum": ["CHF", "EUR"]},
        "items": {"type": "array", "items": {"type": "object", "properties": {"sku": {"type": "string"}}}},
    },
}
EVENTS = [
    {"type": "track", "name": "Order Completed", "schema": ORDER},
    {"type": "page", "schema": {"properties": {"path": {"type": "string"}}}},
    {"type": "identify", "schema": {"properties": {"email": {"format": "email"}, "seats": {"type": "integer"}}}},
    {"type": "group", "schema": {"properties": {"name": {"type": "string"}}}},
]


def put(tenant: Tenant, name: str, events: list[dict[str, Any]] = EVENTS, **body: Any) -> dict[str, Any]:
    answer = tenant.api("PUT", f"/v1/tracking-plans/{name}", {"events": events, **body})
    assert answer.status_code == 200, answer.text
    return answer.json()


def connect(tenant: Tenant, name: str, source: str = "server", **policy: Any) -> dict[str, Any]:
    answer = tenant.api("PUT", f"/v1/tracking-plans/{name}/sources/{source}", policy)
    assert answer.status_code == 200, answer.text
    return answer.json()


def send(tenant: Tenant, *messages: dict[str, Any]) -> dict[str, Any]:
    answer = tenant.ingest("batch", {"batch": list(messages)})
    assert answer.status_code == 200, answer.text
    return answer.json()


def order(message: str | None = None, event: str = "Order Completed", **properties: Any) -> dict[str, Any]:
    return {
        "type": "track", "event": event, "userId": "u-1", "messageId": message or str(uuid.uuid4()), "properties": properties}


def violations(tenant: Tenant, **filter: Any) -> list[dict[str, Any]]:
    answer = tenant.get("/v1/tracking-plans:violations", params=filter)
    assert answer.status_code == 200, answer.text
    return answer.json()["items"]


def stored(tenant: Tenant, message: str) -> dict[str, Any] | None:
    rows = tenant.server.sql("select payload from event_log where message_id = %s", [message], schema=tenant.schema)
    return rows[0][0].get("properties", {}) if rows else None


def test_a_plan_has_versions_that_do_not_change(tandem: Server) -> None:
    tenant = tandem.tenant("plans-versions")
    first = put(tenant, "web", description="What the shop sends")
    assert (first["name"], first["version"], first["sources"]) == ("web", 1, [])
    assert first["id"].startswith("plan_") and first["events"] == EVENTS
    assert put(tenant, "web", description="What the shop sends")["version"] == 1, "the same again is no version"
    second = put(tenant, "web", EVENTS[:1])
    assert (second["id"], second["version"], second["description"]) == (first["id"], 2, None)
    assert tenant.get("/v1/tracking-plans/web?version=1").json()["events"] == EVENTS
    assert tenant.get(f"/v1/tracking-plans/{first['id']}").json()["events"] == EVENTS[:1]
    assert [item["version"] for item in tenant.get("/v1/tracking-plans/web/versions").json()["items"]] == [2, 1]
    stale = tenant.api("PUT", "/v1/tracking-plans/web", {"events": [], "version": 1})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    fresh = tenant.api("PUT", "/v1/tracking-plans/web", {"events": []}, headers={"If-Match": '"v2"'})
    assert (fresh.status_code, fresh.headers["ETag"]) == (200, '"v3"')
    (listed,) = tenant.get("/v1/tracking-plans").json()["items"]
    assert (listed["name"], listed["version"], listed["event_count"]) == ("web", 3, 0)
    for path in ("/v1/tracking-plans/none", "/v1/tracking-plans/web?version=9"):
        assert tenant.get(path).status_code == 404


@pytest.mark.parametrize("events, pointer, code", [
    ([{"type": "track", "name": "A", "schema": {"properties": {"a": {"format": "hostname"}}}}],
     "/events/0/schema/properties/a/format", "unsupported_keyword"),
    ([{"type": "track", "name": "A", "schema": {"unevaluatedProperties": False}}],
     "/events/0/schema/unevaluatedProperties", "unsupported_keyword"),
    ([{"type": "track", "name": "A", "schema": {"pattern": "(?=a)"}}], "/events/0/schema/pattern", "unsupported_pattern"),
    ([{"type": "track", "name": "A", "schema": {"minimum": "1"}}], "/events/0/schema/minimum", "invalid_schema"),
    ([{"type": "track", "schema": {}}], "/events/0/name", "required"),
    ([{"type": "alias"}], "/events/0/type", "invalid"),
    ([{"type": "page", "name": "A"}, {"type": "page", "name": "A"}], "/events/1", "duplicate"),
    ([{"type": "page", "version": 0}], "/events/0/version", "invalid"),
    ([{"type": "page", "schema": {"patternProperties": {f"p{n}": {} for n in range(501)}}}], "/events", "too_large"),
    ([{"type": "page", "colour": 1}], "/events/0/colour", "unknown_key"),
    ({}, "/events", "invalid"),
])
def test_what_cannot_be_checked_is_refused(tandem: Server, events: Any, pointer: str, code: str) -> None:
    tenant = tandem.tenant("plans-refused")
    answer = tenant.api("PUT", "/v1/tracking-plans/web", {"events": events})
    assert answer.status_code == 422, answer.text
    assert [(error["pointer"], error["code"]) for error in answer.json()["errors"]] == [(pointer, code)]
    assert tenant.get("/v1/tracking-plans/web").status_code == 404


@pytest.mark.quick
def test_what_is_allowed_is_stored_and_noted(tandem: Server) -> None:
    tenant = tandem.tenant("plans-allow")
    put(tenant, "web")
    shown = connect(tenant, "web")
    assert {key: shown["sources"][0][key] for key in ("source", "version", "violations", "unplanned_events")} == {
        "source": "server", "version": None, "violations": "allow", "unplanned_events": "allow"}
    good = order("allow-1", total=12.5, currency="CHF", items=[{"sku": "a"}])
    bad = order("allow-2", total=-1, items=[{"sku": "a"}, {"sku": 7}], colour="red")
    answer = send(
        tenant, good, bad, order("allow-3", event="Order Cancelled"), {"type": "page", "anonymousId": "a", "properties": {}},
        {"type": "identify", "userId": "u-1", "messageId": "allow-4", "context": {"traits": {"email": "none", "seats": 5}}},
        {"type": "group", "userId": "u-1", "groupId": "g", "messageId": "allow-5", "traits": {"name": 17}})
    assert (answer["accepted"], answer["rejected"]) == (6, [])
    assert stored(tenant, "allow-2") == bad["properties"]
    found = {item["message_id"]: item for item in violations(tenant)}
    assert set(found) == {"allow-2", "allow-3", "allow-4", "allow-5"}
    item = found["allow-2"]
    assert {key: item[key] for key in ("source", "plan", "version", "type", "name", "action")} == {
        "source": "server", "plan": "web", "version": 1, "type": "track", "name": "Order Completed", "action": "allow"}
    assert {(v["pointer"], v["keyword"]) for v in item["violations"]} == {
        ("/properties/total", "minimum"), ("/properties/items/1/sku", "type"), ("/properties/colour", "additionalProperties")}
    assert [(v["pointer"], v["keyword"]) for v in found["allow-3"]["violations"]] == [("/event", "unplanned")]
    assert [(v["pointer"], v["keyword"]) for v in found["allow-4"]["violations"]] == [("/traits/email", "format")]
    assert [(v["pointer"], v["keyword"]) for v in found["allow-5"]["violations"]] == [("/traits/name", "type")]

    send(tenant, bad)
    assert len(violations(tenant)) == 4, "a copy of an event is noted once"
    assert [i["message_id"] for i in violations(tenant, keyword="minimum")] == ["allow-2"]
    assert [i["message_id"] for i in violations(tenant, pointer="/traits/email")] == ["allow-4"]
    assert [i["message_id"] for i in violations(tenant, type="group", plan="web", source="server", action="allow")] == ["allow-5"]
    assert violations(tenant, name="Order Cancelled", action="block") == []
    assert violations(tenant, received_before="2020-01-01") == []
    wrong = tenant.get("/v1/tracking-plans:violations?action=drop")
    assert (wrong.status_code, wrong.json()["code"]) == (400, "invalid_parameter")
    first = tenant.get("/v1/tracking-plans:violations?limit=3").json()
    rest = tenant.get("/v1/tracking-plans:violations", params={"limit": 3, "after": first["page"]["next"]}).json()
    assert len(first["items"]) == 3 and len(rest["items"]) == 1 and not rest["page"]["has_more"]

    counts = tenant.get("/v1/tracking-plans:violation-counts?by=hour").json()
    assert counts["count"] == 6 and all(item["hour"].endswith(":00:00.000000Z") for item in counts["items"]), counts
    total = tenant.get("/v1/tracking-plans:violation-counts?name=Order Completed").json()
    assert total["count"] == 3 and "hour" not in total["items"][0]
    rows = tandem.sql("select event, keyword, action from plan_violations where message_id = 'allow-3'", schema=tenant.schema)
    assert rows == [("Order Cancelled", "unplanned", "allow")]


def test_omit_drops_what_does_not_fit(tandem: Server) -> None:
    tenant = tandem.tenant("plans-omit")
    put(tenant, "web")
    connect(tenant, "web", violations="omit", unplanned_properties="omit")
    shared = {"context": {"traits": {"email": "nobody", "seats": 3, "colour": "red"}, "app": {"name": "shop"}}}
    answer = tenant.ingest("batch", {**shared, "batch": [
        order("omit-1", total="many", currency="EUR", colour="red", items=[{"sku": 1}]),
        {"type": "identify", "userId": "u-1", "messageId": "omit-2", "traits": {"email": "nobody", "seats": 3, "colour": "red"}},
        {"type": "identify", "userId": "u-2", "messageId": "omit-3"},
        {"type": "group", "userId": "u-1", "groupId": "g", "messageId": "omit-4", "traits": {"name": "Acme", "size": 9}},
    ]}).json()
    assert answer["accepted"] == 4, answer
    assert stored(tenant, "omit-1") == {"currency": "EUR"}
    for user in ("u-1", "u-2"):
        assert tenant.get(f"/v1/profiles/by/user_id/{user}").json()["traits"] == {"seats": 3}
    (payload,) = tandem.sql("select payload from event_log where message_id = 'omit-3'", schema=tenant.schema)[0]
    assert "email" not in json.dumps(payload) and payload["context"]["app"] == {"name": "shop"}
    found = {item["message_id"]: item for item in violations(tenant)}
    assert {item["action"] for item in found.values()} == {"omit"} and len(found) == 4
    assert "many" not in json.dumps(list(found.values())), "violations name places, no values"


def test_block_refuses_and_quarantine_keeps(tandem: Server) -> None:
    tenant = tandem.tenant("plans-block")
    put(tenant, "web")
    connect(tenant, "web", violations="block", unplanned_events="quarantine", unplanned_properties="ignore")
    answer = send(
        tenant, order("block-1", total=1, colour="red"), order("block-2", total="1"), order("block-3", event="Other"),
        {"type": "track", "event": "Order Completed", "messageId": "block-4", "userId": "u"})
    assert (answer["received"], answer["accepted"], answer["quarantined"]) == (4, 1, 1)
    assert [(item["index"], item["messageId"], item["code"]) for item in answer["rejected"]] == [
        (1, "block-2", "schema_violation"), (3, "block-4", "schema_violation")]
    assert "/properties/total" in answer["rejected"][0]["message"] and "web" in answer["rejected"][0]["message"]
    single = tenant.ingest("track", order("block-5", total="1"))
    assert (single.status_code, single.json()["code"]) == (400, "schema_violation")
    kept = tenant.ingest("track", order("block-6", event="Other"))
    assert kept.status_code == 200 and kept.json() == {"success": True, "accepted": 0, "duplicates": 0, "quarantined": 1}
    quarantine = {item["message_id"]: item for item in tenant.get("/v1/quarantine").json()["items"]}
    assert {key: (item["state"], item["code"]) for key, item in quarantine.items()} == {
        "block-2": ("rejected", "schema_violation"), "block-4": ("rejected", "schema_violation"),
        "block-5": ("rejected", "schema_violation"), "block-3": ("held", "unplanned"), "block-6": ("held", "unplanned")}
    assert {item["message_id"]: item["action"] for item in violations(tenant)} == {
        "block-2": "block", "block-4": "block", "block-5": "block", "block-3": "quarantine", "block-6": "quarantine"}
    counts = tandem.sql("select sum(accepted), sum(quarantined), sum(rejected) from event_counts", schema=tenant.schema)[0]
    assert tuple(map(int, counts)) == (1, 2, 3)


def test_a_quarantined_event_is_processed_after_the_plan_is_mended(tandem: Server) -> None:
    tenant = tandem.tenant("plans-mend")
    put(tenant, "web")
    connect(tenant, "web", violations="quarantine", unplanned_events="quarantine")
    assert send(tenant, order("mend-1", total="5"), order("mend-2", event="Other", total=1))["quarantined"] == 2

    def reprocess() -> dict[str, Any]:
        started = tenant.post("/v1/quarantine:reprocess", {"source": "server"})
        assert started.status_code == 202, started.text
        place = started.headers["Location"]
        wait_until(lambda: tenant.get(place).json()["state"] != "running", 60, every_s=0.2)
        return tenant.get(place).json()

    assert reprocess()["counts"]["failed"] == 2
    held = tenant.get("/v1/quarantine?state=held").json()["items"]
    assert {item["code"] for item in held} == {"schema_violation", "unplanned"} and {item["attempts"] for item in held} == {1}
    wider = {**ORDER, "properties": {**ORDER["properties"], "total": {"type": ["number", "string"]}}}
    put(tenant, "web", [{"type": "track", "name": "Order Completed", "schema": wider}])
    reprocess()
    assert stored(tenant, "mend-1") == {"total": "5"} and stored(tenant, "mend-2") is None
    assert [item["message_id"] for item in tenant.get("/v1/quarantine?state=held").json()["items"]] == ["mend-2"]


def test_a_change_counts_from_the_next_event_on_and_a_pinned_version_stays(tandem: Server) -> None:
    tenant = tandem.tenant("plans-change")
    put(tenant, "web")
    assert send(tenant, order(event="Other"))["accepted"] == 1 and violations(tenant) == []
    connect(tenant, "web", version=1, unplanned_events="block")
    assert len(send(tenant, order(event="Other"))["rejected"]) == 1
    put(tenant, "web", [{"type": "track", "name": "Other"}])
    assert len(send(tenant, order(event="Other"))["rejected"]) == 1, "it keeps to version 1"
    connect(tenant, "web", unplanned_events="block")
    assert send(tenant, order(event="Other"))["accepted"] == 1
    in_use = tenant.api("DELETE", "/v1/tracking-plans/web")
    assert (in_use.status_code, in_use.json()["code"]) == (409, "in_use")
    off = tenant.api("DELETE", "/v1/tracking-plans/web/sources/server")
    assert (off.status_code, off.json()["sources"]) == (200, [])
    assert send(tenant, order(total="x"))["accepted"] == 1
    assert tenant.api("DELETE", "/v1/tracking-plans/web/sources/server").status_code == 404
    assert tenant.api("DELETE", "/v1/tracking-plans/web").status_code == 200
    assert tenant.get("/v1/tracking-plans").json()["items"] == []
    assert violations(tenant)[0]["plan"] is None
    for policy in ({"violations": "ignore"}, {"unplanned_events": "omit"}, {"version": 0}, {"colour": 1}):
        put(tenant, "other")
        assert tenant.api("PUT", "/v1/tracking-plans/other/sources/server", policy).status_code == 422, policy
    assert tenant.api("PUT", "/v1/tracking-plans/other/sources/none", {}).status_code == 404
    assert tenant.api("PUT", "/v1/tracking-plans/other/sources/server", {"version": 9}).status_code == 404


def test_a_mapping_comes_before_the_plan(tandem: Server) -> None:
    tenant = tandem.tenant("plans-mapping")
    put(tenant, "web")
    connect(tenant, "web", violations="block", unplanned_events="block")
    rules = [{"rename_event": "order done", "to": "Order Completed"}, {"cast": "properties.total", "as": "number"}]
    assert tenant.api("PUT", "/v1/sources/server/mapping", {"rules": rules}).status_code == 200
    answer = send(tenant, order("mapped-1", event="order done", total="12.5"), order("mapped-2", event="order lost"))
    assert (answer["accepted"], [item["messageId"] for item in answer["rejected"]]) == (1, ["mapped-2"])
    assert stored(tenant, "mapped-1") == {"total": 12.5} and [item["message_id"] for item in violations(tenant)] == ["mapped-2"]


def test_messages_are_checked_without_being_stored(tandem: Server) -> None:
    tenant = tandem.tenant("plans-check")
    put(tenant, "web")
    messages = [order(total=1), order(total="1"), {"type": "track", "event": "Other"}, {"type": "dance"}]
    answer = tenant.post("/v1/tracking-plans:check", {"plan": "web", "messages": messages, "violations": "omit"})
    assert answer.status_code == 200, answer.text
    report = answer.json()
    assert (report["messages"], report["valid"], report["invalid"]) == (4, 1, 3)
    assert [(item["valid"], item["action"]) for item in report["items"]] == [
        (True, None), (False, "omit"), (False, "allow"), (False, None)]
    assert report["items"][3]["code"] == "unknown_type"
    draft = tenant.post("/v1/tracking-plans:check", {"events": [{"type": "track", "name": "Other"}], "messages": messages[2:3]})
    assert draft.json()["valid"] == 1
    assert tenant.post("/v1/tracking-plans:check", {"messages": messages}).status_code == 422
    assert tenant.post("/v1/tracking-plans:check", {"plan": "none", "messages": messages}).status_code == 404
    assert stored(tenant, messages[0]["messageId"]) is None and violations(tenant) == []


def test_a_plan_is_learned_from_what_is_stored(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("plans-learn")
    sent = [
        order(total=index + 0.5, currency=["CHF", "EUR"][index % 2], reference=f"R-{index}", note=None if index % 2 else "x")
        for index in range(20)
    ]
    send(tenant, *sent, {"type": "identify", "userId": "u-2", "traits": {"email": "b@acme.example", "seats": 4}})
    answer = tenant.post("/v1/tracking-plans:learn", {"since": "1d", "source": "server"})
    assert answer.status_code == 200, answer.text
    learned = answer.json()
    assert learned["read"] == 21
    events = {(event["type"], event.get("name")): event["schema"] for event in learned["events"]}
    assert events[("track", "Order Completed")] == {
        "type": "object",
        "properties": {
            "total": {"type": "number"}, "currency": {"type": "string", "enum": ["CHF", "EUR"]},
            "reference": {"type": "string"}, "note": {"type": ["null", "string"]}},
        "required": ["currency", "note", "reference", "total"]}
    assert events[("identify", None)]["properties"] == {"email": {"type": "string"}, "seats": {"type": "integer"}}
    seen = {item["name"]: item for item in learned["observed"][0]["properties"]}
    assert (seen["currency"]["present"], seen["note"]["types"]) == (20, {"null": 10, "string": 10})

    # What was learned can be saved, and what it was learned from keeps to it.
    plan = tandem.cli("plan", "learn", "--since", "1d", "--tenant", tenant.slug)
    file = tmp_path / "plan.json"
    file.write_text(json.dumps(plan))
    assert tandem.cli("plan", "set", "web", str(file), "--tenant", tenant.slug)["version"] == 1
    samples = tmp_path / "samples.jsonl"
    samples.write_text("\n".join(json.dumps(message) for message in sent))
    assert tandem.cli("plan", "check", "web", str(samples), "--tenant", tenant.slug)["valid"] == 20
    for body in ({"since": "soon"}, {"limit": 0}, {"source": 1, "colour": 2}):
        assert tenant.post("/v1/tracking-plans:learn", body).status_code == 422
    assert tenant.post("/v1/tracking-plans:learn", {"source": "none"}).status_code == 404


def test_the_command_line_does_it_all(tandem: Server, tmp_path: pathlib.Path) -> None:
    tenant = tandem.tenant("plans-cli")
    file = tmp_path / "plan.json"
    file.write_text(json.dumps({"events": EVENTS}))

    def cli(*arguments: str, **options: Any) -> Any:
        return tandem.cli("plan", *arguments, "--tenant", tenant.slug, **options)

    assert cli("set", "web", str(file), "--dry-run")["dry_run"] is True
    assert cli("list")["items"] == []
    assert cli("set", "web", str(file), "--if-version", "0")["version"] == 1
    with pytest.raises(CommandFailed) as stale:
        cli("set", "web", str(file), "--if-version", "7")
    assert stale.value.code == 6
    shown = cli("connect", "web", "--source", "server", "--violations", "quarantine", "--unplanned-properties", "ignore")
    assert shown["sources"][0]["violations"] == "quarantine"
    # The server learns of it with the next batch.
    wait_until(lambda: send(tenant, order(total="x"))["quarantined"] == 1, 20)
    (listed,) = cli("list")["items"]
    assert listed["source_names"] == ["server"]
    assert cli("show", "web", "--versions")["items"][0]["version"] == 1
    assert cli("violations", "--keyword", "type")["items"][0]["action"] == "quarantine"
    assert cli("violations", "--counts", "hour")["items"][0]["keyword"] == "type"
    assert "/properties/total" in cli("violations", json=False)
    samples = tmp_path / "samples.jsonl"
    samples.write_text(json.dumps(order(total="x")))
    with pytest.raises(CommandFailed) as failed:
        cli("check", "--file", str(file), str(samples))
    assert failed.value.code == 1
    with pytest.raises(CommandFailed) as used:
        cli("delete", "web")
    assert used.value.code == 6
    assert cli("disconnect", "web", "--source", "server")["sources"] == []
    assert cli("delete", "web")["name"] == "web"


def test_counts_outlive_the_events(tandem: Server) -> None:
    tenant = tandem.tenant("plans-expire")
    put(tenant, "web")
    connect(tenant, "web")
    send(tenant, *[order(total="x") for _ in range(5)], order(event="Other"))
    before = tenant.get("/v1/tracking-plans:violation-counts?by=hour").json()
    with tandem.connect() as connection:
        connection.execute(f"set search_path = {tenant.schema}, {tenant.schema}_i, {code_schema()}, pg_temp")
        assert connection.execute("select plan_violations_expire(now() + interval '1 day', 4)").fetchone() == (4,)
        assert connection.execute("select plan_violations_expire(now() + interval '1 day', 4)").fetchone() == (2,)
        assert connection.execute("select plan_violations_expire(now() + interval '1 day', 4)").fetchone() == (0,)
    assert violations(tenant) == []
    assert tenant.get("/v1/tracking-plans:violation-counts?by=hour").json() == before
    assert before["count"] == 6


def test_the_console_makes_a_plan_from_what_came_in_and_connects_a_source(tandem: Server) -> None:
    tenant = tandem.tenant("plans-console")
    for number in range(3):
        assert tenant.ingest("track", {"userId": f"u{number}", "event": "Paid", "properties": {"total": number}}).status_code == 200
    browser = Browser(tandem).sign_in("--tenant", tenant.slug)
    path = f"/console/{tenant.slug}/plans"
    assert f"{path}/new" in browser.get(path).links
    empty = browser.get(f"{path}/new")
    assert f"{path}/new?learn=7d" in empty.links
    form = browser.get(f"{path}/new?learn=7d").form("/plans")
    learned = json.loads(form.fields["events"])
    assert [(event["type"], event["name"]) for event in learned] == [("track", "Paid")]
    broken = browser.submit(form, name="shop", events="[{")
    assert broken.response.status_code == 422 and "no JSON" in broken.text and broken.form("/plans").fields["events"] == "[{"
    wrong = browser.submit(form, name="shop", events='[{"type": "track"}]')
    assert wrong.response.status_code == 422 and "/events/0" in wrong.text
    made = browser.submit(form, name="shop", description="What the shop sends")
    assert made.headings == ["shop"] and "Saved." in made.text and "What the shop sends" in made.text
    plan = tenant.get("/v1/tracking-plans/shop").json()
    assert (plan["version"], plan["events"]) == (1, learned)
    again = browser.submit(form, name="shop")
    assert again.response.status_code == 422 and "There is a plan of that name already." in again.text

    edit = browser.get(f"{path}/{plan['id']}/edit").form("/edit")
    assert json.loads(edit.fields["events"]) == learned
    stricter = [{"type": "track", "name": "Paid", "schema": {"properties": {"total": {"type": "string"}}}}]
    assert "Saved." in browser.submit(edit, events=json.dumps(stricter)).text
    assert tenant.get("/v1/tracking-plans/shop").json()["version"] == 2
    stale = browser.submit(edit, events="[]")
    assert stale.response.status_code == 422 and "Somebody has added a version" in stale.text

    connect = browser.get(f"{path}/{plan['id']}").form("/connect")
    assert connect.fields["violations"] == "allow"
    connected = browser.submit(connect, source="server", violations="quarantine")
    assert "kept in quarantine" in connected.text
    assert tenant.ingest("track", {"userId": "u", "event": "Paid", "properties": {"total": 1}}).status_code == 200
    held = tenant.get("/v1/quarantine").json()["items"]
    assert [item["name"] for item in held] == ["Paid"]
    browser.submit(connected.form("/disconnect"))
    assert tenant.get("/v1/tracking-plans/shop").json()["sources"] == []

    other = tandem.tenant(f"plans-{uuid.uuid4().hex[:8]}")
    assert other.api("PUT", "/v1/tracking-plans/theirs", {"events": stricter}).status_code == 200
    strange = other.get("/v1/tracking-plans/theirs").json()["id"]
    for place in ("edit", "connect", "disconnect"):
        assert browser.post(f"{path}/{strange}/{place}", edit.fields | {"source": "server"}).response.status_code == 404
    assert browser.get(f"{path}/{strange}/edit").response.status_code == 404
