"""Clauses of the contract that other files do not hold: what a client may send that nobody would, and what it is told then."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import requests

from server import Server, Tenant, wait_until


def stored(tenant: Tenant, message: str) -> dict[str, Any]:
    """The payload of a stored event."""
    return tenant.server.sql("select payload from event_log where message_id = %s", [message], tenant.schema)[0][0]


def send(tenant: Tenant, key: str, kind: str, body: dict[str, Any], **headers: str) -> requests.Response:
    return requests.post(
        f"{tenant.server.base_url}/v1/{kind}", json=body, headers={"Authorization": f"Bearer {key}", **headers}, timeout=30
    )


@pytest.mark.parametrize(
    ("headers", "context", "address"),
    [
        ({"Origin": "https://shop.example"}, None, "127.0.0.1"),
        ({"Origin": "https://shop.example"}, {"locale": "de"}, "127.0.0.1"),
        ({"Origin": "https://shop.example"}, {"ip": None}, "127.0.0.1"),
        ({"Origin": "https://shop.example"}, {"ip": "192.0.2.9"}, "192.0.2.9"),
        ({"Origin": "https://shop.example", "X-Forwarded-For": "10.1.1.1, 198.51.100.7"}, None, "198.51.100.7"),
        ({"Origin": "https://shop.example", "X-Forwarded-For": '","evil":"'}, None, None),
        ({}, None, None),
        ({}, {"direct": True}, "127.0.0.1"),
    ],
)
def test_events_of_devices_carry_the_address_they_came_from(
    tenant: Tenant, headers: dict[str, str], context: Any, address: str | None
) -> None:
    message = str(uuid.uuid4())
    body = {"anonymousId": "a", "event": "E", "messageId": message, "context": context}
    assert send(tenant, tenant.write_key, "track", body, **headers).status_code == 200
    assert (stored(tenant, message).get("context") or {}).get("ip") == address
    assert "evil" not in str(stored(tenant, message))


def test_events_with_the_secret_key_have_the_trust_that_the_server_source_has_now(tenant: Tenant) -> None:
    names = iter(range(1_000))

    def makes_an_account() -> bool:
        group = f"g-{next(names)}"
        assert send(tenant, tenant.secret_key, "group", {"userId": "u", "groupId": group}).status_code == 200
        return tenant.get(f"/v1/accounts/by/group_id/{group}").status_code == 200

    assert makes_an_account()
    tenant.server.cli("source", "update", "server", "--may-create-accounts", "false", "--tenant", tenant.slug)
    wait_until(lambda: not makes_an_account(), 10, every_s=0.2)
    tenant.server.cli("source", "update", "server", "--enabled", "false", "--tenant", tenant.slug)
    event = {"userId": "u", "event": "E"}
    wait_until(lambda: send(tenant, tenant.secret_key, "track", event).json().get("quarantined") == 1, 10, every_s=0.2)
    assert tenant.get("/v1/profiles").status_code == 200


def test_a_restricted_key_that_may_not_send_is_known_and_refused(tenant: Tenant) -> None:
    key = tenant.server.cli("key", "create", "--kind", "restricted", "--scopes", "profiles:read", "--tenant", tenant.slug)["key"]
    answer = send(tenant, key, "track", {"userId": "u", "event": "E"})
    assert (answer.status_code, answer.json()["code"]) == (403, "insufficient_scope")


def test_rules_go_back_as_they_came(tenant: Tenant) -> None:
    rules = tenant.get("/v1/identity/rules").json()
    rules["identifiers"].append({"type": "app_id", "priority": 3, "limit": 2, "window": "ever", "trait": "app_id"})
    changed = tenant.api("PUT", "/v1/identity/rules", rules)
    assert (changed.status_code, changed.json()["version"]) == (200, rules["version"] + 1)
    assert changed.json()["author"] != rules["author"]
    tenant.ingest("identify", {"userId": "u", "traits": {"appId": "app-1"}})
    assert tenant.get("/v1/profiles/by/app_id/app-1").json()["user_id"] == "u"


def test_who_leaves_an_account_is_no_longer_at_it(tenant: Tenant) -> None:
    tenant.ingest("group", {"userId": "u", "groupId": "acme", "traits": {"name": "Acme"}})
    profile = tenant.get("/v1/profiles/by/user_id/u").json()
    [account] = profile["accounts"]
    [contact] = tenant.get("/v1/contacts").json()["items"]
    assert contact["accounts"][0]["account_id"] == account["id"]
    place = f"/v1/profiles/{profile['id']}/accounts/{account['id']}"
    assert tenant.api("DELETE", place).status_code == 204
    assert tenant.get("/v1/profiles/by/user_id/u").json()["accounts"] == []
    [link] = tenant.get(f"/v1/contacts/{contact['id']}").json()["accounts"]
    assert link["to"] is not None, "the contact's place there is dated, not forgotten"
    assert tenant.get(f"/v1/contacts/{contact['id']}/history").json()["items"][0]["cause"] == "leave"
    assert tenant.api("DELETE", place).status_code == 404
    tenant.ingest("group", {"userId": "u", "groupId": "acme"})
    assert [one["group_id"] for one in tenant.get("/v1/profiles/by/user_id/u").json()["accounts"]] == ["acme"]


def test_a_profile_leaves_an_account_that_only_its_contact_names(tenant: Tenant) -> None:
    account = tenant.post("/v1/accounts", {"name": "By hand"}).json()
    tenant.ingest("identify", {"userId": "u"})
    tenant.post("/v1/contacts", {"last_name": "L", "profile": {"type": "user_id", "value": "u"}, "accounts": [{"id": account["id"]}]})
    profile = tenant.get("/v1/profiles/by/user_id/u").json()
    assert [one["id"] for one in profile["accounts"]] == [account["id"]]
    assert tenant.api("DELETE", f"/v1/profiles/{profile['id']}/accounts/{account['id']}").status_code == 204
    assert tenant.get("/v1/profiles/by/user_id/u").json()["accounts"] == []


@pytest.mark.parametrize(
    "path",
    [
        "/v1/profiles/by/user_id/a%00b", "/v1/accounts/by/name/a%00b", "/v1/accounts?name=a%00b", "/v1/merges?ref=a%00",
        "/v1/accounts?filter=name%20eq%20%22a%00%22", "/v1/accounts/%00", "/v1/objects/%00", "/v1/merge-reviews?state=%00",
        "/v1/quarantine?state=%00", "/v1/accounts?after=%00", "/v1/accounts?as_of=%00",
    ],
)
def test_a_nul_in_a_path_or_a_parameter_is_no_fault_of_ours(tenant: Tenant, path: str) -> None:
    answer = tenant.get(path)
    assert answer.status_code in (200, 400, 404), answer.text
    assert answer.status_code != 200 or answer.json()["items"] == []


def test_a_nul_in_an_upserted_key_becomes_a_replacement_character(tenant: Tenant) -> None:
    made = tenant.api("PUT", "/v1/accounts/by/external_id/a%00b", {"name": "N"})
    assert (made.status_code, made.json()["external_id"]) == (201, "a\ufffdb")


def test_nothing_stands_above_itself(tenant: Tenant) -> None:
    top = tenant.post("/v1/accounts", {"name": "Top"}).json()
    middle = tenant.post("/v1/accounts", {"name": "Middle", "parent_id": top["id"]}).json()
    low = tenant.post("/v1/accounts", {"name": "Low", "parent_id": middle["id"]}).json()
    for parent in (top, low):
        answer = tenant.api("PATCH", f"/v1/accounts/{top['id']}", {"parent_id": parent["id"]})
        assert answer.status_code == 422
        assert [(e["pointer"], e["code"]) for e in answer.json()["errors"]] == [("/parent_id", "loop")]
    assert tenant.api("PATCH", f"/v1/accounts/{low['id']}", {"parent_id": top["id"]}).status_code == 200


def test_an_upsert_does_not_change_the_key_it_looks_up_by(tenant: Tenant) -> None:
    place = "/v1/accounts/by/external_id/one"
    assert tenant.api("PUT", place, {"name": "N", "external_id": "one"}).status_code == 201
    answer = tenant.api("PUT", place, {"name": "N", "external_id": "two"})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/external_id")
    contact = "/v1/contacts/by/email/buyer%40acme.example"
    assert tenant.api("PUT", contact, {"email": "Buyer@Acme.Example"}).status_code == 201
    answer = tenant.api("PUT", "/v1/accounts/by/website/x", {"name": "N"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_key")
    assert "looked up" in answer.json()["message"]


def test_the_first_channel_of_a_kind_is_the_primary_one(tenant: Tenant) -> None:
    values = [("email", "a@x.example"), ("email", "b@x.example"), ("phone", "+49 30 1")]
    channels = [{"kind": kind, "value": value} for kind, value in values]
    made = tenant.post("/v1/contacts", {"last_name": "L", "channels": channels}).json()
    assert (made["email"], made["phone"]) == ("a@x.example", "+49 30 1")
    assert {c["value"] for c in made["channels"] if c["primary"]} == {"a@x.example", "+49 30 1"}
    assert tenant.get("/v1/contacts/by/email/A%40x.example").json()["id"] == made["id"]


def test_a_message_says_which_field_is_wrong(tandem: Server, tenant: Tenant) -> None:
    answer = tenant.post("/v1/accounts", {}).json()
    assert answer["message"] == "/name: is required"
    assert tenant.get("/v1/accounts?sort=nothing").json()["message"].startswith("sort: nothing ")
