"""The quarantine: what is not stored can be found, read as it came, and processed again exactly as it would have been."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
import requests

from console import Browser
from server import CommandFailed, Server, Tenant, wait_until


def held(server: Server, tenant: Tenant, kind: str, body: dict[str, Any], **options: Any) -> dict[str, Any]:
    """Sends until it is held: the server knows of a disabled source within seconds."""
    answer: dict[str, Any] = {}

    def is_held() -> bool:
        nonlocal answer
        response = tenant.ingest(kind, body, **options)
        assert response.status_code == 200, response.text
        answer = response.json()
        return bool(answer.get("quarantined"))

    wait_until(is_held, 20, every_s=0.3)
    return answer


def disable(server: Server, tenant: Tenant) -> None:
    server.cli("source", "update", "server", "--enabled", "false", "--tenant", tenant.slug)
    held(server, tenant, "track", {"userId": "probe", "event": "Probe", "messageId": "probe"})


def enable(server: Server, tenant: Tenant) -> None:
    server.cli("source", "update", "server", "--enabled", "true", "--tenant", tenant.slug)


def finished(tenant: Tenant, response: requests.Response) -> dict[str, Any]:
    assert response.status_code == 202, response.text
    place = response.headers["Location"]
    wait_until(lambda: tenant.get(place).json()["state"] != "running", 60, every_s=0.2)
    return tenant.get(place).json()


def events(server: Server, tenant: Tenant) -> list[tuple[Any, ...]]:
    return server.sql(
        "select type, name, ts, received_at, source, session, flags, payload::text from event_log order by ts, name, event_id",
        schema=tenant.schema,
    )


def test_filters_summary_and_one_event(tandem: Server) -> None:
    tenant = tandem.tenant("q-filters")
    body = {"batch": [
        {"type": "track", "event": "Late", "userId": "u", "timestamp": "never", "messageId": "q1"},
        {"type": "page", "name": "Home", "userId": {"a": 1}},
        {"type": "track", "userId": "u"},
        17,
    ]}
    answer = tenant.ingest("batch", body).json()
    assert len(answer["rejected"]) == 4
    items = tenant.get("/v1/quarantine").json()["items"]
    assert [i["code"] for i in reversed(items)] == [r["code"] for r in answer["rejected"]]
    for part, value, count in [
        ("state", "rejected", 4), ("state", "held", 0), ("code", "invalid_timestamp", 1), ("type", "track", 2), ("name", "Home", 1),
        ("source", "server", 4), ("source", "web", 0), ("key", items[0]["key"], 4), ("received_after", "2020-01-01", 4),
        ("received_before", "2020-01-01", 0), ("received_after", items[0]["received_at"], 4),
        ("received_before", items[0]["received_at"], 0),
    ]:
        found = tenant.get("/v1/quarantine", params={part: value}).json()["items"]
        assert len(found) == count, (part, value)
        assert tenant.get("/v1/quarantine:summary", params={part: value}).json()["count"] == count
    first = tenant.get("/v1/quarantine?limit=3&type=track").json()
    assert len(first["items"]) == 2 and not first["page"]["has_more"]
    page = tenant.get("/v1/quarantine?limit=3").json()
    rest = tenant.get("/v1/quarantine", params={"limit": 3, "after": page["page"]["next"]}).json()
    assert [i["id"] for i in page["items"] + rest["items"]] == [i["id"] for i in items]
    sources = {i["name"]: i["id"] for i in tandem.cli("source", "list", "--tenant", "q-filters")["items"]}
    for name, count in [("server", 4), ("web", 0)]:
        assert len(tenant.get("/v1/quarantine", params={"source": sources[name]}).json()["items"]) == count
    assert tenant.get("/v1/quarantine?source=elsewhere").json()["items"] == []
    assert tenant.get("/v1/quarantine?state=lost").json()["code"] == "invalid_parameter"
    assert tenant.get("/v1/quarantine?received_after=noon").json()["code"] == "invalid_parameter"

    late = tenant.get("/v1/quarantine?name=Late").json()["items"][0]
    shown = tenant.get(f"/v1/quarantine/{late['id']}").json()
    assert '"timestamp": "never"' in shown["original"] or '"timestamp":"never"' in shown["original"]
    assert (shown["state"], shown["batch"], shown["message_id"], shown["complete"]) == ("rejected", True, "q1", True)
    assert tenant.get("/v1/quarantine/nothing").status_code == 404
    assert tenant.get("/v1/quarantine/00000000-0000-7000-8000-000000000000").status_code == 404
    summary = tenant.get("/v1/quarantine:summary").json()
    assert sum(i["count"] for i in summary["items"]) == summary["count"] == 4
    assert summary["oldest"] == summary["newest"] == late["received_at"]

    # An event over the limit is kept in part, here cut inside a character: its bytes come as base64.
    large = tenant.ingest("track", {"userId": "u", "event": "Large", "properties": {"x": "ä" * 20_000}, "messageId": "q2"})
    assert large.json()["code"] == "event_too_large"
    for pad in ["", "x"]:
        sent = requests.post(
            f"{tandem.base_url}/v1/track", auth=(tenant.write_key, ""),
            data=('{"event":"Cut' + pad + '","userId":"u","properties":{"x":"' + "ä" * 20_000 + '"}}').encode(),
        )
        assert sent.json()["code"] == "event_too_large"
    cut = [
        tenant.get(f"/v1/quarantine/{i['id']}").json()
        for i in tenant.get("/v1/quarantine?code=event_too_large").json()["items"] if i["name"].startswith("Cut")
    ]
    assert sorted("original" in c for c in cut) == [False, True]
    assert all(len(base64.b64decode(c["original_base64"])) == 32 << 10 for c in cut if "original_base64" in c)
    assert not any(c["complete"] for c in cut)

    listed = tandem.cli("quarantine", "list", "--tenant", "q-filters", "--code", "invalid_timestamp")
    assert [i["id"] for i in listed["items"]] == [late["id"]]
    assert tandem.cli("quarantine", "show", late["id"], "--tenant", "q-filters") == shown
    with pytest.raises(CommandFailed) as failure:
        tandem.cli("quarantine", "show", "nothing", "--tenant", "q-filters")
    assert failure.value.code == 5


def everything() -> list[tuple[str, dict[str, Any], dict[str, str]]]:
    """Requests that differ in all that a reading depends on."""
    browser = {"Origin": "https://shop.example"}
    batch = {
        "context": {"library": {"name": "t"}, "ip": "192.0.2.7", "sessionId": "s1"}, "integrations": {"All": True},
        "sentAt": "2026-01-01T10:00:00Z",
        "batch": [
            {"type": "identify", "userId": "a", "traits": {"email": "A@acme.example", "n": None}, "messageId": "b1"},
            {"type": "track", "event": "One", "userId": "a", "timestamp": "2026-01-01T09:00:00Z", "messageId": "b2"},
            {"type": "track", "event": "Two \u0000", "anonymousId": "anon", "messageId": "b3"},
            {"type": "track", "event": "One", "userId": "a", "timestamp": "2026-01-01T09:00:00Z", "messageId": "b2"},
        ],
    }
    return [
        ("batch", batch, {}),
        ("batch", {**batch, "batch": [{**m, "messageId": m["messageId"] + "w"} for m in batch["batch"]]}, browser),
        ("track", {"event": "Single", "userId": "c", "timestamp": "2020-01-01T00:00:00Z", "messageId": "s1"}, {}),
        ("track", {"event": "Future", "userId": "c", "timestamp": "2199-01-01T00:00:00Z", "messageId": "s2"}, browser),
        ("alias", {"userId": "c", "previousId": "anon", "messageId": "s3"}, {}),
        ("group", {"userId": "c", "groupId": "g", "traits": {"name": "Group"}, "messageId": "s4"}, {}),
        ("t", {"event": "Nameless", "userId": "d", "timestamp": "2020-01-02T00:00:00Z"}, {}),
    ]


def without_time(rows: list[tuple[Any, ...]]) -> list[tuple[Any, ...]]:
    """ts by its distance to receipt where it was corrected or clamped, as it is otherwise."""
    shaped = []
    for kind, name, ts, received, source, session, flags, payload in rows:
        shaped.append((kind, name, str(ts) if abs((received - ts).total_seconds()) > 3600 and not flags & 3 else None,
                       source, session, flags, payload))
    return sorted(shaped, key=str)


def test_reprocessed_events_equal_those_that_were_never_held(tandem: Server) -> None:
    straight, detour = tandem.tenant("q-straight"), tandem.tenant("q-detour")
    for kind, body, headers in everything():
        assert straight.ingest(kind, body, headers=headers).status_code == 200
    disable(tandem, detour)
    for kind, body, headers in everything():
        answer = detour.ingest(kind, body, headers=headers).json()
        assert answer["quarantined"] == len(body.get("batch", [0]))
    assert events(tandem, detour) == []
    enable(tandem, detour)
    probe = finished(detour, detour.post("/v1/quarantine:discard", {"name": "Probe"}))
    assert probe["state"] == "done" and probe["counts"]["discarded"] >= 1
    counted = detour.post("/v1/quarantine:reprocess", {"dry_run": True})
    assert (counted.status_code, counted.json()["dry_run"], counted.json()["count"]) == (200, True, 13)
    assert events(tandem, detour) == []
    received = {i["received_at"] for i in detour.get("/v1/quarantine?state=held").json()["items"]}
    key = {"Idempotency-Key": "again"}
    order = detour.post("/v1/quarantine:reprocess", {}, headers=key)
    done = finished(detour, order)
    assert detour.post("/v1/quarantine:reprocess", {}, headers=key).json()["id"] == done["id"]
    assert (done["state"], done["total"], done["done"]) == ("done", 13, 13)
    assert done["counts"] == {"accepted": 11, "duplicates": 2}
    assert detour.get("/v1/quarantine:summary?state=held").json()["count"] == 0
    assert without_time(events(tandem, detour)) == without_time(events(tandem, straight))
    stored = tandem.sql(
        "select distinct to_char(received_at at time zone 'UTC', 'YYYY-MM-DD\"T\"HH24:MI:SS.US') from event_log", schema=detour.schema
    )
    assert {row[0][:23] for row in stored} <= {text[:23] for text in received}
    # The event without a messageId got the id of its first receipt.
    nameless = tandem.sql("select message_id from event_log where name = 'Nameless'", schema=detour.schema)
    kept = tandem.sql("select id::text from quarantine where name = 'Nameless'", schema=detour.schema)
    assert nameless == kept


def test_rejected_events_after_a_fix(tandem: Server) -> None:
    tenant = tandem.tenant("q-fix")
    rejected = {"batch": [{"type": "track", "event": f"E{n}", "userId": "u", "timestamp": "never"} for n in range(5)]}
    tenant.ingest("batch", rejected)
    failed = finished(tenant, tenant.post("/v1/quarantine:reprocess", {"state": "rejected"}))
    assert (failed["done"], failed["counts"]) == (5, {"failed": 5})
    assert {(i["state"], i["attempts"]) for i in tenant.get("/v1/quarantine").json()["items"]} == {("rejected", 1)}
    # The fix, as if the rule that refused them had been another one.
    tandem.sql(
        "update quarantine set original = convert_to(replace(convert_from(original, 'UTF8'), 'never', '2026-01-01'), 'UTF8')"
        " where name <> 'E4'",
        schema=tenant.schema,
    )
    out = tandem.cli("quarantine", "reprocess", "--tenant", "q-fix", "--state", "rejected", "--dry-run")
    assert (out["count"], out["dry_run"]) == (5, True)
    done = tandem.cli("quarantine", "reprocess", "--tenant", "q-fix", "--state", "rejected")
    assert (done["state"], done["counts"]) == ("done", {"accepted": 4, "failed": 1})
    assert tandem.sql("select count(*) from event_log", schema=tenant.schema) == [(4,)]
    left = tenant.get("/v1/quarantine?state=rejected").json()["items"]
    assert [(i["name"], i["attempts"], i["operation"]) for i in left] == [("E4", 2, done["id"])]
    for body, pointer in [
        ({"state": "reprocessed"}, "/state"), ({"colour": "red"}, "/colour"), ({"code": 7}, "/code"), ({"dry_run": "yes"}, "/dry_run"),
    ]:
        refused = tenant.post("/v1/quarantine:reprocess", body)
        assert refused.status_code == 422, refused.text
        assert refused.json()["errors"][0]["pointer"] == pointer
    assert tenant.get("/v1/operations").json()["items"][0]["id"] == done["id"]
    assert tenant.get("/v1/operations/op_00000000000000000000000001").status_code == 404


def test_an_operation_that_nobody_knows_holds_up_nothing(tandem: Server) -> None:
    tenant = tandem.tenant("q-unknown")
    tandem.sql(
        "select operation_start('00000000-0000-7000-8000-000000000001', 'of_tomorrow', '{}', 0, 'test')", schema=tenant.schema
    )
    tenant.ingest("track", {"userId": "u", "event": "E", "timestamp": "never"})
    done = finished(tenant, tenant.post("/v1/quarantine:discard", {"state": "rejected"}))
    assert (done["state"], done["counts"]) == ("done", {"discarded": 1})
    assert [i["type"] for i in tenant.get("/v1/operations?state=running").json()["items"]] == ["of_tomorrow"]


def test_what_is_old_is_forgotten(tandem: Server) -> None:
    tenant = tandem.tenant("q-old")
    for number in range(5):
        tenant.ingest("batch", {"batch": [{"type": "track", "userId": "u", "event": f"E{number}", "timestamp": "never"}]})
    newest = tenant.get("/v1/quarantine").json()["items"][0]
    finished(tenant, tenant.post("/v1/quarantine:discard", {"state": "rejected", "name": "E0"}))
    left = []
    while not left or left[-1]:
        left += tandem.sql(f"select quarantine_expire('{newest['received_at']}', 3)", schema=tenant.schema)[0]
    assert left == [3, 1, 0]
    assert tenant.get("/v1/quarantine").json()["items"] == [newest]
    assert tandem.sql("select count(*) from quarantine_request", schema=tenant.schema) == [(1,)]


def test_a_kill_between_doubles_and_loses_nothing(own_tandem: Server) -> None:
    server = own_tandem
    tenant = server.tenant("q-kill")
    disable(server, tenant)
    count = 3_000
    for start in range(0, count, 500):
        batch = [{"type": "track", "event": "E", "userId": f"u{n % 50}"} for n in range(start, start + 500)]
        assert tenant.ingest("batch", {"batch": batch}).json()["quarantined"] == 500
    enable(server, tenant)
    order = tenant.post("/v1/quarantine:reprocess", {"name": "E"})
    place = order.headers["Location"]
    for _ in range(3):
        time.sleep(0.15)
        server.restart()
        server.sql("update operation set leased_until = now() where state = 'running'", schema=tenant.schema)
    wait_until(lambda: tenant.get(place).json()["state"] != "running", 60, every_s=0.3)
    done = tenant.get(place).json()
    assert (done["state"], done["total"], done["done"], done["counts"]) == ("done", count, count, {"accepted": count})
    assert server.sql("select count(*), count(distinct event_id) from event_log", schema=tenant.schema) == [(count, count)]
    assert tenant.get("/v1/quarantine:summary?name=E").json()["items"][0]["state"] == "reprocessed"


def wrong(tenant: Tenant, message: str) -> str:
    """An event whose time cannot be read; its id in quarantine."""
    event = {"type": "track", "event": "Paid", "userId": "u", "timestamp": "never", "messageId": message, "properties": {"n": 1.50}}
    assert len(tenant.ingest("batch", {"batch": [event]}).json()["rejected"]) == 1
    return tenant.get("/v1/quarantine?state=rejected").json()["items"][0]["id"]


RIGHT = {"type": "track", "event": "Paid", "userId": "u", "timestamp": "2026-01-05T10:00:00Z", "properties": {"n": 2}}


def test_an_event_is_corrected_and_its_original_stays(tandem: Server, tenant: Tenant) -> None:
    which = wrong(tenant, "c1")
    original = tenant.get(f"/v1/quarantine/{which}").json()["original"]
    place = f"/v1/quarantine/{which}:correct"
    event = RIGHT | {"messageId": "c1"}
    for broken, code in [(event | {"timestamp": "soon"}, "invalid_timestamp"), (17, "event_not_object"), (event | {"event": ""}, None)]:
        told = tenant.post(f"{place}?dry_run=true", {"event": broken}).json()
        assert told["valid"] is False and told["message"] and (code is None or told["code"] == code), told
        refused = tenant.post(place, {"event": broken})
        assert refused.status_code == 422 and refused.json()["errors"][0]["pointer"] == "/event"
    assert tenant.post(f"{place}?dry_run=true", {"event": event}).json() == {"dry_run": True, "valid": True}
    assert events(tandem, tenant) == [], "checking stores nothing"
    done = finished(tenant, tenant.post(place, {"event": event}))
    assert done["counts"] == {"accepted": 1}, done
    (stored,) = events(tandem, tenant)
    assert stored[1] == "Paid" and stored[2].isoformat() == "2026-01-05T10:00:00+00:00"
    shown = tenant.get(f"/v1/quarantine/{which}").json()
    assert shown["state"] == "reprocessed" and shown["original"] == original and '"never"' in original
    assert '"2026-01-05T10:00:00Z"' in shown["corrected"] and shown["corrected_by"].startswith("key:")
    assert tenant.post(place, {"event": event}).status_code == 409, "decided before"
    audit = tandem.sql("select actor, object_id from audit where action = 'quarantine.correct'", schema=tenant.schema)
    assert audit == [(shown["corrected_by"], which)]


def test_an_event_is_corrected_in_the_console_and_by_command(tandem: Server, tenant: Tenant, tmp_path: Any) -> None:
    which = wrong(tenant, "d1")
    browser = Browser(tandem).sign_in()
    place = f"/console/{tenant.slug}/quarantine/{which}"
    form = browser.get(place).form("/correct")
    assert '"never"' in form.fields["corrected"]
    broken = browser.submit(form, corrected=form.fields["corrected"][:-2], do="check")
    assert broken.response.status_code == 422 and "look for a missing quote" in broken.text
    checked = browser.submit(form, corrected=form.fields["corrected"].replace("never", "2026-01-05T10:00:00Z"), do="check")
    assert "Nothing is wrong with it any more" in checked.text and events(tandem, tenant) == []
    sent = browser.submit(checked.form("/correct"), do="send")
    assert "It is being done" in sent.text or "It is done" in sent.text
    wait_until(lambda: len(events(tandem, tenant)) == 1, 30, every_s=0.2)
    wait_until(lambda: "As it was corrected" in browser.get(place).text, 30, every_s=0.2)
    stored = browser.get(place)
    assert "It was processed again and is stored." in stored.text and 'class="notice bad"' not in stored.html
    assert "Paid" in browser.get(next(link for link in stored.links if "/events/evt_" in link)).headings[0]
    wait_until(lambda: "It is done; below" in browser.get(f"/console/{tenant.slug}/quarantine?notice=ordered").text, 30, every_s=0.2)

    which = wrong(tenant, "d2")
    file = tmp_path / "event.json"
    file.write_text(json.dumps(RIGHT | {"messageId": "d2", "timestamp": "soon"}))
    told = tandem.cli("quarantine", "correct", which, "--from-file", str(file), "--dry-run", "--tenant", tenant.slug)
    assert told["valid"] is False and told["code"] == "invalid_timestamp"
    file.write_text(json.dumps(RIGHT | {"messageId": "d2"}))
    tandem.cli("quarantine", "correct", which, "--from-file", str(file), "--tenant", tenant.slug)
    assert len(events(tandem, tenant)) == 2


def test_a_correction_is_the_tenants_own_and_goes_with_the_person(tandem: Server, tenant: Tenant) -> None:
    which = wrong(tenant, "e1")
    other = tandem.tenant(tenant.slug + "-o")
    assert other.post(f"/v1/quarantine/{which}:correct", {"event": RIGHT}).status_code == 404
    event = RIGHT | {"messageId": "e1", "userId": "somebody-else-9"}
    finished(tenant, tenant.post(f"/v1/quarantine/{which}:correct", {"event": event}))
    assert tenant.post("/v1/privacy/erase", {"type": "user_id", "value": "somebody-else-9"}).status_code in (200, 202)
    wait_until(lambda: tenant.get(f"/v1/quarantine/{which}").status_code == 404, 30, every_s=0.2)
