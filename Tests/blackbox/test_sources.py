"""Sources and the rules that their messages are read by: mapping in force, versions, dry run; through HTTP and the command line."""

from __future__ import annotations

import json
import uuid
from typing import Any

import pytest
import requests

from console import Browser
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


def test_a_source_is_made_changed_listed_and_taken_away(tenant: Tenant) -> None:
    made = tenant.post("/v1/sources", {"name": "shop", "kind": "browser", "allowed_origins": ["https://*.acme.example"]})
    assert made.status_code == 201
    source = made.json()
    assert (source["provenance"], source["may_identify"], source["may_write_crm"]) == ("first_party", True, "lead")
    assert tenant.post("/v1/sources", {"name": "shop", "kind": "mobile"}).status_code == 409
    path = f"/v1/sources/{source['id']}"
    key = tenant.post(f"{path}/keys").json()
    assert [item["key"] for item in tenant.get("/v1/sources/shop").json()["keys"]] == [key["key"]]
    changed = tenant.api("PATCH", path, {"name": "store", "rate_per_second": 50, "provenance": "third_party"}).json()
    assert (changed["name"], changed["rate_per_second"], changed["may_identify"]) == ("store", 50, False)
    wrong = tenant.api("PATCH", path, {"may_identify": True})
    assert (wrong.status_code, wrong.json()["errors"][0]["pointer"]) == (422, "/may_identify")
    wrong = tenant.api("PATCH", path, {"kind": "server", "enabled": "no", "allowed_origins": ["acme"]})
    assert [item["pointer"] for item in wrong.json()["errors"]] == ["/kind", "/enabled", "/allowed_origins/0"]
    message = {"userId": "u", "event": "A", "messageId": str(uuid.uuid4())}
    url = tenant.server.base_url + "/v1/track"
    assert requests.post(url, json=message, auth=(key["key"], ""), timeout=30).json()["accepted"] == 1
    assert tenant.api("DELETE", path).status_code == 204
    assert tenant.get(path).status_code == 404
    assert requests.post(url, json=message, auth=(key["key"], ""), timeout=30).status_code == 401
    assert tenant.post("/v1/sources", {"name": "store", "kind": "browser"}).status_code == 201
    names = tenant.server.sql("select s.name from event_log e join source s on s.id = e.source", schema=tenant.schema)
    assert names == [(f"store (deleted {source['number']})",)]


def test_a_disabled_sources_events_are_held(tenant: Tenant) -> None:
    assert tenant.api("PATCH", "/v1/sources/server", {"enabled": False}).json()["enabled"] is False
    assert track(tenant, "A").json() == {"success": True, "accepted": 0, "duplicates": 0, "quarantined": 1}
    tenant.api("PATCH", "/v1/sources/server", {"enabled": True})
    assert track(tenant, "B").json()["accepted"] == 1


def test_a_foreign_origin_is_refused_and_may_read_why(tenant: Tenant) -> None:
    tenant.api("PATCH", "/v1/sources/server", {"allowed_origins": ["https://acme.example", "https://*.shop.example:8443"]})
    taken = ["https://acme.example", "https://ACME.example", "https://a.b.shop.example:8443"]
    refused = ["https://evil.example", "http://acme.example", "https://acme.example.evil.example", "https://shop.example:8443", "null"]
    for origin in taken + refused:
        message = {"anonymousId": "a", "event": "A", "messageId": str(uuid.uuid4())}
        answer = tenant.ingest("track", message, headers={"Origin": origin})
        assert answer.status_code == (200 if origin in taken else 403), origin
        assert answer.headers["Access-Control-Allow-Origin"] == origin
        if origin in refused:
            assert answer.json()["code"] == "origin_not_allowed"
    assert track(tenant, "from a server").json()["accepted"] == 1
    assert len(events(tenant)) == len(taken) + 1


def test_the_command_line_does_the_same(tenant: Tenant) -> None:
    cli = tenant.server.cli
    made = cli(
        "source", "create", "app", "--kind", "mobile", "--provenance", "third_party", "--allowed-origin", "https://a.example",
        "--tenant", tenant.slug)
    assert (made["provenance"], made["may_identify"], made["allowed_origins"]) == ("third_party", False, ["https://a.example"])
    cli("key", "create", "--kind", "write", "--source", "app", "--tenant", tenant.slug)
    assert [key["source"] for key in cli("source", "show", "app", "--tenant", tenant.slug)["keys"]] == ["app"]
    changed = cli("source", "update", "app", "--provenance", "first_party", "--allowed-origin", "", "--rate", "9", "--tenant", tenant.slug)
    assert (changed["provenance"], changed["allowed_origins"], changed["rate_per_second"]) == ("first_party", [], 9)
    cli("source", "delete", "app", "--tenant", tenant.slug)
    assert "app" not in [item["name"] for item in cli("source", "list", "--tenant", tenant.slug)["items"]]


def test_the_console_makes_a_source_and_changes_it(tandem: Server, tenant: Tenant) -> None:
    browser = Browser(tandem).sign_in("--tenant", tenant.slug)
    path = f"/console/{tenant.slug}/sources"
    assert f"{path}/new" in browser.get(path).links
    form = browser.get(f"{path}/new").form("/sources")
    refused = browser.submit(form, name="shop", kind="browser", origins="https://shop.acme.example\nnonsense")
    assert refused.response.status_code == 422 and "An origin is a scheme, a host" in refused.text
    again = refused.form("/sources")
    assert (again.fields["name"], again.fields["kind"]) == ("shop", "browser")
    assert again.fields["origins"].split() == ["https://shop.acme.example", "nonsense"]
    made = browser.submit(again, origins="https://shop.acme.example, https://*.acme.example")
    assert made.headings == ["shop"] and "The source is made" in made.text
    shown = tenant.get("/v1/sources/shop").json()
    assert (shown["kind"], shown["enabled"], shown["may_identify"], shown["may_write_crm"]) == ("browser", True, True, "lead")
    assert shown["allowed_origins"] == ["https://shop.acme.example", "https://*.acme.example"]
    twice = browser.submit(form, name="shop", kind="server")
    assert twice.response.status_code == 422 and "There is a source of that name already." in twice.text
    assert browser.submit(form, name="odd", kind="odd").response.status_code == 422

    change = browser.get(f"{path}/{shown['id']}/edit").form("/edit")
    assert {name: change.fields[name] for name in ("enabled", "may_identify", "may_write_crm", "provenance")} == {
        "enabled": "1", "may_identify": "1", "may_write_crm": "lead", "provenance": "first_party"}
    wrong = browser.submit(change, rate="many")
    assert wrong.response.status_code == 422 and "whole number" in wrong.text and wrong.form("/edit").fields["rate"] == "many"
    assert "never identifies" in browser.submit(change, provenance="third_party").text
    del change.fields["enabled"], change.fields["may_identify"]
    saved = browser.submit(change, provenance="third_party", origins="", rate="50", may_write_crm="none", name="shops")
    assert saved.headings == ["shops"] and "Saved." in saved.text
    shown = tenant.get("/v1/sources/shops").json()
    assert (shown["enabled"], shown["may_identify"], shown["provenance"]) == (False, False, "third_party")
    assert (shown["may_write_crm"], shown["allowed_origins"], shown["rate_per_second"]) == ("none", [], 50)
    browser.submit(browser.get(f"{path}/{shown['id']}/edit").form("/edit"), rate="", enabled="1")
    shown = tenant.get("/v1/sources/shops").json()
    assert (shown["enabled"], shown.get("rate_per_second")) == (True, None)

    other = tandem.tenant(f"sources-{uuid.uuid4().hex[:8]}")
    strange = other.get("/v1/sources/server").json()["id"]
    assert browser.get(f"{path}/{strange}/edit").response.status_code == 404
    assert browser.post(f"{path}/{strange}/edit", change.fields).response.status_code == 404
