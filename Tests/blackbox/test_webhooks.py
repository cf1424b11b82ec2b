"""Inbound webhooks: a provider's signed payload becomes messages by a mapping; what becomes none is kept; nobody else is believed."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
import time
import uuid
from datetime import datetime, timezone
from typing import Any

import pytest
import requests

from server import CommandFailed, Tenant

pytestmark = pytest.mark.quick
SECRET = "whsec_for_the_tests"
CHARGE = {
    "id": "evt_1", "type": "charge.succeeded", "created": 1_790_000_000, "livemode": False,
    "data": {"object": {
        "id": "ch_1", "amount": 1999, "currency": "eur", "customer": "cus_1", "invoice": None,
        "billing_details": {"email": "Buyer-17@acme.example"}, "metadata": {"order_id": "o-7"}}},
}
TICKET = {
    "id": "cbe4028c", "type": "zen:event-type:ticket.status_changed", "time": "2026-11-01T10:12:07.672717030Z",
    "account_id": 1, "subject": "zen:ticket:5158", "event": {"current": "SOLVED", "previous": "OPEN"},
    "detail": {"id": "5158", "requester_id": "8447", "status": "SOLVED", "priority": "LOW", "subject": "Help",
               "via": {"channel": "web"}, "tags": ["vip"], "assignee_id": None},
}


class Webhook:
    """A webhook source of a tenant."""

    def __init__(self, tenant: Tenant, mapping: Any, **more: Any):
        self.tenant = tenant
        made = tenant.post("/v1/sources", {"name": f"hook-{uuid.uuid4().hex[:6]}", "kind": "webhook", **more})
        assert made.status_code == 201, made.text
        self.source = made.json()
        self.url = f"/v1/sources/{self.source['id']}/webhook"
        answer = tenant.api("PUT", self.url, {"mapping": mapping, "secret": SECRET})
        assert answer.status_code == 200, answer.text
        self.path = answer.json()["path"]

    def send(self, body: bytes, headers: dict[str, str], path: str | None = None) -> requests.Response:
        return requests.post(
            self.tenant.server.base_url + (path or self.path), data=body,
            headers={"Content-Type": "application/json", **headers}, timeout=30)

    def stripe(self, payload: Any, secret: str = SECRET, at: int | None = None, path: str | None = None) -> requests.Response:
        body = json.dumps(payload).encode()
        at = int(time.time()) if at is None else at
        code = hmac.new(secret.encode(), f"{at}.".encode() + body, hashlib.sha256).hexdigest()
        return self.send(body, {"Stripe-Signature": f"t={at},v1={'0' * 64},v1={code},v0=x"}, path)

    def zendesk(self, payload: Any, secret: str = SECRET) -> requests.Response:
        body = json.dumps(payload).encode()
        at = datetime.now(timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
        code = base64.b64encode(hmac.new(secret.encode(), at.encode() + body, hashlib.sha256).digest()).decode()
        return self.send(body, {"X-Zendesk-Webhook-Signature": code, "X-Zendesk-Webhook-Signature-Timestamp": at})

    def events(self) -> list[tuple[Any, ...]]:
        return self.tenant.server.sql(
            "select type, name, message_id, payload, node, ts from event_log where source = %s order by received_at, ts",
            (self.source["number"],), schema=self.tenant.schema)


def kept(tenant: Tenant, code: str) -> list[dict[str, Any]]:
    return tenant.get(f"/v1/quarantine?code={code}").json()["items"]


def test_a_payment_becomes_an_event_of_the_person_that_is_known(tenant: Tenant) -> None:
    tenant.ingest("identify", {"userId": "u17", "traits": {"email": "buyer-17@acme.example"}})
    hook = Webhook(tenant, "stripe")
    answer = hook.stripe(CHARGE)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1)
    again = hook.stripe(CHARGE)
    assert (again.json()["accepted"], again.json()["duplicates"]) == (0, 1)
    ((kind, name, message_id, payload, node, ts),) = hook.events()
    assert (kind, name, message_id) == ("track", "Payment Succeeded", "stripe:evt_1")
    assert payload["properties"] == {
        "payment_id": "ch_1", "order_id": "o-7", "amount": 19.99, "currency": "eur", "livemode": False}
    assert int(ts.timestamp()) == CHARGE["created"]
    profile = tenant.get("/v1/profiles/by/user_id/u17").json()
    shown = tenant.get(f"/v1/profiles/{profile['id']}/events").json()["items"]
    assert "Payment Succeeded" in [event["event"] for event in shown]
    # A third party's identifiers are noted with the event, and are nobody's.
    assert payload["context"]["externalIds"][0]["id"] == "cus_1"
    assert {item["type"] for item in profile["identifiers"]} == {"user_id", "email"}
    assert node > 0


def test_what_a_third_party_says_of_a_stranger_joins_nobody_and_is_kept(tenant: Tenant) -> None:
    hook = Webhook(tenant, "stripe")
    created = {
        "id": "evt_2", "type": "customer.created", "created": 1_790_000_000,
        "data": {"object": {"id": "cus_2", "email": "new@acme.example", "name": "A B", "metadata": {"user_id": "u2"}}}}
    assert hook.stripe(created).json()["accepted"] == 1
    ((kind, _, _, payload, node, _),) = hook.events()
    assert (kind, node, payload["userId"], payload["traits"]["email"]) == ("identify", 0, "u2", "new@acme.example")
    assert tenant.get("/v1/profiles/by/user_id/u2").status_code == 404
    first = Webhook(tenant, "stripe", provenance="first_party")
    assert first.source["may_identify"] is True
    assert first.stripe({**created, "id": "evt_3"}).json()["accepted"] == 1
    profile = tenant.get("/v1/profiles/by/stripe.customer_id/cus_2").json()
    assert (profile["user_id"], profile["traits"]["name"]) == ("u2", "A B")


def test_a_ticket_becomes_an_event(tenant: Tenant) -> None:
    hook = Webhook(tenant, "zendesk", provenance="first_party")
    answer = hook.zendesk(TICKET)
    assert (answer.status_code, answer.json()["accepted"]) == (200, 1), answer.text
    ((_, name, message_id, payload, node, _),) = hook.events()
    assert (name, message_id) == ("Ticket Status Changed", "zendesk:cbe4028c")
    assert payload["properties"] == {
        "ticket_id": "5158", "subject": "Help", "status": "SOLVED", "priority": "LOW", "channel": "web", "tags": ["vip"],
        "previous": "OPEN", "current": "SOLVED"}
    assert tenant.get("/v1/profiles/by/zendesk.user_id/8447").status_code == 200
    assert hook.zendesk(TICKET, secret="another-secret").json()["code"] == "invalid_signature"


def test_only_what_is_signed_in_time_is_believed(tenant: Tenant) -> None:
    hook = Webhook(tenant, "stripe")
    body = json.dumps(CHARGE).encode()
    now = int(time.time())
    code = hmac.new(SECRET.encode(), f"{now}.".encode() + body, hashlib.sha256).hexdigest()
    cases = {
        "invalid_signature": [hook.stripe(CHARGE, secret="whsec_another"),
                              hook.send(body + b" ", {"Stripe-Signature": f"t={now},v1={code}"}),
                              hook.send(body, {"Stripe-Signature": f"t={now + 1},v1={code}"}),
                              hook.send(body, {"Stripe-Signature": f"t={now},v1=zz"})],
        "missing_signature": [hook.send(body, {}), hook.send(body, {"Stripe-Signature": f"v1={code}"})],
        "signature_expired": [hook.stripe(CHARGE, at=now - 400), hook.stripe(CHARGE, at=now + 400)],
    }
    for code, answers in cases.items():
        for answer in answers:
            assert (answer.status_code, answer.json()["code"]) == (401, code)
    assert hook.events() == []
    assert hook.send(body, {"Stripe-Signature": "x"}, "/v1/webhooks/src_00000000000000000000000001").status_code == 404
    server = next(item for item in tenant.get("/v1/sources").json()["items"] if item["kind"] == "server")
    assert hook.stripe(CHARGE, path=f"/v1/webhooks/{server['id']}").status_code == 404


def test_a_secret_is_never_shown_again(tenant: Tenant) -> None:
    hook = Webhook(tenant, "stripe")
    shown = tenant.get(hook.url)
    assert (shown.json()["secret_set"], shown.json()["mapping"]["name"]) == (True, "stripe")
    texts = [shown.text, tenant.get(f"/v1/sources/{hook.source['id']}").text, tenant.get("/v1/sources").text]
    row = tenant.server.sql("select row_to_json(s)::text from tandem.source s where id = %s", (source_id(tenant, hook),))
    audit = tenant.server.sql("select detail::text from tandem.audit where action = 'source.webhook'")
    assert SECRET not in "".join(texts) + str(row) + str(audit)
    assert SECRET.encode().hex() not in str(row)


def source_id(tenant: Tenant, hook: Webhook) -> Any:
    return tenant.server.sql(
        "select source_id from source where id = %s", (hook.source["number"],), schema=tenant.schema)[0][0]


def test_what_has_no_mapping_is_kept_and_processed_after_a_change(tenant: Tenant) -> None:
    own = {
        "name": "shop", "id": {"$path": "id"}, "type": {"$path": "kind"},
        "signature": {"header": "X-Shop", "encoding": "hex", "prefix": "sha256=", "signed": "{body}"},
        "events": [{"types": ["order.*"], "messages": [{
            "type": "track", "event": "Item Ordered", "each": "items", "userId": "{buyer}", "if": "item.sku",
            "properties": {"sku": {"$path": "item.sku"}, "label": "{item.name} of {id}", "count": {"$path": "item.n", "$default": 1}}}]}]}
    hook = Webhook(tenant, own)

    def send(payload: Any) -> requests.Response:
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return hook.send(body, {"X-Shop": "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()})

    items = [{"sku": "a", "name": "A", "n": 2}, {"x": 1}, {"sku": "b", "name": "B"}]
    order = {"id": 1, "kind": "order.paid", "buyer": "b1", "items": items}
    assert send(order).json()["accepted"] == 2
    assert [(row[2], row[3]["properties"]) for row in hook.events()] == [
        ("shop:1", {"sku": "a", "label": "A of 1", "count": 2}), ("shop:1:1", {"sku": "b", "label": "B of 1", "count": 1})]
    refund = {"id": 2, "kind": "refund.paid", "buyer": "b1", "items": [{"sku": "a", "name": "A"}]}
    answer = send(refund)
    assert (answer.status_code, answer.json()["quarantined"], answer.json()["received"]) == (200, 1, 1)
    assert send(refund).status_code == 200
    (item,) = kept(tenant, "unmapped_event")
    assert (item["state"], item["name"], item["message"]) == ("held", "refund.paid", "The mapping shop has nothing for refund.paid.")
    assert json.loads(tenant.get(f"/v1/quarantine/{item['id']}").json()["original"]) == refund
    assert send({"kind": "order.paid"}).json()["quarantined"] == 1
    assert send(b"{no json").json()["code"] == "invalid_json"
    assert [item["state"] for item in kept(tenant, "invalid_json")] == ["rejected"]

    own["events"][0]["types"].append("refund.*")
    assert tenant.api("PUT", hook.url, {"mapping": own}).status_code == 200
    done = tenant.server.cli("quarantine", "reprocess", "--tenant", tenant.slug, "--code", "unmapped_event")
    assert done["counts"]["accepted"] == 1
    assert [row[2] for row in hook.events()] == ["shop:1", "shop:1:1", "shop:2"]
    totals = tenant.get(f"/v1/sources/{hook.source['id']}/stats").json()["totals"]
    assert (totals["received"], totals["accepted"], totals["quarantined"], totals["rejected"], totals["recovered"]) == (5, 2, 2, 1, 1)


def test_a_write_key_in_the_path_does_without_a_secret(tenant: Tenant) -> None:
    made = tenant.post("/v1/sources", {"name": "keyed", "kind": "webhook"}).json()
    path = f"/v1/sources/{made['id']}"
    assert tenant.api("PUT", f"{path}/webhook", {"mapping": "zendesk"}).json()["secret_set"] is False
    key = tenant.post(f"{path}/keys").json()
    url = tenant.server.base_url + "/v1/webhooks/"
    assert requests.post(url + made["id"], json=TICKET, timeout=30).json()["code"] == "missing_secret"
    assert requests.post(url + key["key"], json=TICKET, timeout=30).json()["accepted"] == 1
    assert tenant.post(f"{path}/keys/{key['id']}:revoke").status_code == 200
    assert requests.post(url + key["key"], json=TICKET, timeout=30).status_code in (401, 404)


def test_wrong_mappings_are_named(tenant: Tenant) -> None:
    hook = Webhook(tenant, "stripe")
    wrong = {"name": "x", "id": {"$path": "a..b"}, "type": "{type", "events": []}
    answer = tenant.api("PUT", hook.url, {"mapping": wrong})
    assert (answer.status_code, answer.json()["errors"][0]["pointer"]) == (422, "/mapping/id/$path/0")
    assert tenant.api("PUT", hook.url, {"mapping": "paypal"}).json()["errors"][0]["code"] == "unknown_mapping"
    assert tenant.api("PUT", "/v1/sources/server/webhook", {"mapping": "stripe"}).status_code == 409


def test_the_command_line_sets_a_webhook_up(tenant: Tenant) -> None:
    cli = tenant.server.cli
    assert cli("source", "create", "payments", "--kind", "webhook", "--tenant", tenant.slug)["provenance"] == "third_party"
    shown = cli("source", "webhook", "set", "payments", "--mapping", "stripe", "--secret-file", "-", "--tenant", tenant.slug, input=SECRET)
    assert (shown["secret_set"], shown["path"].startswith("/v1/webhooks/src_")) == (True, True)
    assert cli("source", "webhook", "show", "payments", "--tenant", tenant.slug)["mapping"]["name"] == "stripe"
    with pytest.raises(CommandFailed):
        cli("source", "webhook", "set", "web", "--mapping", "stripe", "--tenant", tenant.slug)
