"""Sources and the rules that their messages are read by: mapping in force, versions, dry run; through HTTP and the command line."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest

from server import CommandFailed, Server, Tenant

pytestmark = pytest.mark.quick
RULES = [
    {"rename_event": "order completed", "to": "Order Completed"},
    {"rename": "properties.qty", "to": "properties.quantity", "event": "Order Completed"},
    {"cast": "properties.price", "as": "number", "event": "Order Completed"},
    {"drop": "traits.ssn"},
    {"drop_event": "Heartbeat"},
]


@pytest.fixture()
def tenant(tandem: Server) -> Tenant:
    return tandem.tenant(f"sources-{uuid.uuid4().hex[:8]}")


def put(tenant: Tenant, rules: list[dict[str, Any]], source: str = "server", **options: Any) -> Any:
    answer = tenant.api("PUT", f"/v1/sources/{source}/mapping", {"rules": rules}, **options)
    assert answer.status_code == 200, answer.text
    return answer


def track(tenant: Tenant, event: str, **properties: Any) -> Any:
    return tenant.ingest(
        "track", {"userId": "u", "event": event, "messageId": str(uuid.uuid4()), "properties": properties})


def events(tenant: Tenant) -> list[tuple[str, Any]]:
    return tenant.server.sql("select name, payload -> 'properties' from event_log order by received_at, ts", schema=tenant.schema)


def test_rules_hold_from_the_next_message_on(tenant: Tenant) -> None:
    assert track(tenant, "order completed", qty=1, price="9.50").json()["accepted"] == 1
    put(tenant, RULES)
    assert track(tenant, "order completed", qty=2, price="19.50").json()["accepted"] == 1
    identify = {"userId": "u", "traits": {"ssn": "123", "plan": "pro"}}
    assert tenant.ingest("identify", identify).status_code == 200
    assert [row for row in events(tenant) if row[0]] == [
        ("order completed", {"qty": 1, "price": "9.50"}), ("Order Completed", {"quantity": 2, "price": 19.5})]
    profile = tenant.get("/v1/profiles/by/user_id/u").json()
    assert profile["traits"] == {"plan": "pro"}
    put(tenant, [])
    assert track(tenant, "order completed", qty=3).json()["accepted"] == 1
    assert events(tenant)[-1] == ("order completed", {"qty": 3})


def test_another_process_that_changes_rules_is_noticed(tenant: Tenant) -> None:
    """The server has the old rules in memory; the procedure refuses them, and the lane reads the message again."""
    assert track(tenant, "a", qty=1).json()["accepted"] == 1
    shown = tenant.server.cli(
        "source", "mapping", "set", "server", "-", "--tenant", tenant.slug, input=json.dumps([{"rename_event": "a", "to": "A"}]))
    assert (shown["version"], shown["source"]) == (1, "server")
    assert track(tenant, "a", qty=2).json()["accepted"] == 1
    assert [name for name, _ in events(tenant)] == ["a", "A"]


def test_what_a_rule_keeps_out_is_counted_kept_and_processed_after_a_change(tenant: Tenant) -> None:
    put(tenant, RULES)
    batch = [
        {"type": "track", "userId": "u", "event": event, "messageId": f"m{index}", "properties": {"price": price}}
        for index, (event, price) in enumerate([("Heartbeat", 1), ("order completed", "free"), ("order completed", "1")])
    ] + [{"type": "track", "event": "no one"}]
    answer = tenant.ingest("batch", {"batch": batch}).json()
    assert (answer["received"], answer["accepted"], answer["quarantined"], answer["duplicates"]) == (4, 1, 2, 0)
    assert [item["code"] for item in answer["rejected"]] == ["no_user_anon_id"]
    single = tenant.ingest("track", {"userId": "u", "event": "Heartbeat", "messageId": "m9"})
    assert (single.status_code, single.json()) == (200, {"success": True, "accepted": 0, "duplicates": 0, "quarantined": 1})

    kept = {item["message_id"]: item for item in tenant.get("/v1/quarantine?state=held").json()["items"]}
    assert {key: item["code"] for key, item in kept.items()} == {
        "m0": "dropped_by_mapping", "m1": "mapping_failed", "m9": "dropped_by_mapping"}
    assert kept["m1"]["message"] == "properties.price is no number."
    stats = tenant.get("/v1/sources/server/stats").json()["totals"]
    assert stats == {"received": 5, "accepted": 1, "duplicates": 0, "quarantined": 3, "rejected": 1, "recovered": 0}

    put(tenant, [])
    done = tenant.server.cli("quarantine", "reprocess", "--tenant", tenant.slug, "--code", "dropped_by_mapping")
    assert done["counts"]["accepted"] == 2
    assert [name for name, _ in events(tenant)].count("Heartbeat") == 2


def test_a_mapping_has_versions(tenant: Tenant) -> None:
    path = "/v1/sources/server/mapping"
    first = tenant.get(path)
    assert (first.json()["version"], first.json()["rules"], first.headers["ETag"]) == (0, [], '"v0"')
    assert put(tenant, RULES, headers={"If-Match": '"v0"'}).headers["ETag"] == '"v1"'
    stale = tenant.api("PUT", path, {"rules": []}, headers={"If-Match": '"v0"'})
    assert (stale.status_code, stale.json()["code"]) == (412, "version_mismatch")
    assert tenant.api("PUT", path, {"rules": [], "version": 0}).status_code == 412
    assert put(tenant, RULES).json()["version"] == 1
    put(tenant, RULES[:1])
    versions = tenant.get(f"{path}/versions?limit=1").json()
    assert [item["version"] for item in versions["items"]] == [2]
    more = tenant.get(f"{path}/versions?limit=1&after={versions['page']['next']}").json()
    assert [(item["version"], item["rules"]) for item in more["items"]] == [(1, RULES)]
    listed = tenant.server.cli("source", "mapping", "show", "server", "--versions", "--tenant", tenant.slug)["items"]
    assert [item["version"] for item in listed] == [2, 1]
    with pytest.raises(CommandFailed) as failure:
        tenant.server.cli(
            "source", "mapping", "set", "server", "-", "--if-version", "1", "--tenant", tenant.slug, input="[]")
    assert failure.value.code == 6


def test_wrong_rules_are_named(tenant: Tenant) -> None:
    answer = tenant.api(
        "PUT", "/v1/sources/server/mapping", {"rules": [RULES[0], {"cast": "price", "as": "number"}, {"drop": 1}]})
    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")
    assert [item["pointer"] for item in answer.json()["errors"]] == ["/rules/1/cast", "/rules/2/drop"]
    assert tenant.api("PUT", "/v1/sources/nobody/mapping", {"rules": []}).status_code == 404
    assert tenant.get("/v1/sources/server/mapping").json()["version"] == 0


def test_a_trial_shows_what_rules_would_do_to_the_last_messages(tenant: Tenant) -> None:
    track(tenant, "order completed", qty=1, price="9.50")
    track(tenant, "Heartbeat")
    tenant.ingest("identify", {"userId": "u", "traits": {"ssn": "1"}})
    tenant.ingest("track", {"userId": "u", "event": "order completed", "timestamp": "never"})
    report = tenant.post("/v1/sources/server/mapping:try", {"rules": RULES}).json()
    assert {key: report[key] for key in ["samples", "changed", "quarantined", "rejected", "unchanged"]} == {
        "samples": 4, "changed": 2, "quarantined": 1, "rejected": 1, "unchanged": 0}
    changed = next(item for item in report["items"] if item["type"] == "track" and item["outcome"] == "changed")
    assert changed["before"]["properties"] == {"qty": 1, "price": "9.50"}
    assert (changed["after"]["event"], changed["after"]["properties"]) == ("Order Completed", {"quantity": 1, "price": 9.5})
    assert next(item for item in report["items"] if item["outcome"] == "rejected")["code"] == "invalid_timestamp"
    assert tenant.get("/v1/sources/server/mapping").json()["version"] == 0

    mine = [{"type": "track", "event": "Heartbeat", "userId": "u"}, {"type": "track", "event": "B", "userId": "u"}]
    report = tenant.post("/v1/sources/server/mapping:try", {"rules": RULES, "messages": mine}).json()
    assert [item["outcome"] for item in report["items"]] == ["quarantined", "unchanged"]
    text = tenant.server.cli(
        "source", "mapping", "try", "server", "-", "--tenant", tenant.slug, json=False, input=json.dumps(RULES))
    assert text.startswith("4 samples, 0 unchanged, 2 changed, 1 quarantined, 1 rejected\n")
