"""Calls and texts come in: signed callbacks of telephony providers become activities of whose number it is."""

from __future__ import annotations

import base64
import hashlib
import hmac
import itertools
import json
import time
import urllib.parse
import uuid
from typing import Any

import pytest
import requests

from server import ROOT, Tenant
from test_conversion import get
from test_forms import make

pytestmark = pytest.mark.quick
PAYLOADS = json.loads((ROOT / "Tests/blackbox/telephony/payloads.json").read_text())
TWILIO, OPENPHONE = PAYLOADS["twilio"], PAYLOADS["openphone"]
BUYER, DESK = "+12025550117", "+12025550100"
TOKEN = "an auth token of the tests"
KEY = base64.b64encode(b"a signing key of thirty-two bytes").decode()


class Provider:
    """A webhook source of a tenant, and who sends to it."""

    def __init__(self, tenant: Tenant, mapping: Any, secret: str):
        self.tenant, self.secret = tenant, secret
        made = tenant.post("/v1/sources", {"name": f"phone-{uuid.uuid4().hex[:6]}", "kind": "webhook"}).json()
        self.source = f"/v1/sources/{made['id']}"
        set_up = tenant.api("PUT", f"{self.source}/webhook", {"mapping": mapping, "secret": secret})
        assert set_up.status_code == 200, set_up.text
        self.path = set_up.json()["path"]

    def twilio(self, fields: dict[str, str], signed: dict[str, str] | None = None, **headers: str) -> requests.Response:
        """As a proxy hands it on that ends TLS: the signature is of the address outside."""
        url = "https://crm.acme.example" + self.path
        text = url + "".join(name + value for name, value in sorted((signed or fields).items()))
        code = base64.b64encode(hmac.new(self.secret.encode(), text.encode(), hashlib.sha1).digest()).decode()
        return requests.post(self.tenant.server.base_url + self.path, data=fields, timeout=30, headers={
            "X-Twilio-Signature": code, "X-Forwarded-Host": "crm.acme.example", "X-Forwarded-Proto": "https", **headers})

    def openphone(self, payload: Any, at_ms: int | None = None) -> requests.Response:
        body = json.dumps(payload).encode()
        at = str(int(time.time() * 1000) if at_ms is None else at_ms)
        code = hmac.new(base64.b64decode(self.secret), f"{at}.".encode() + body, hashlib.sha256).digest()
        return requests.post(self.tenant.server.base_url + self.path, data=body, timeout=30, headers={
            "Content-Type": "application/json", "openphone-signature": f"hmac;1;{at};{base64.b64encode(code).decode()}"})

    def totals(self) -> tuple[int, ...]:
        totals = get(self.tenant, f"sources/{self.source.rsplit('/', 1)[1]}/stats")["totals"]
        return tuple(totals[name] for name in ("received", "accepted", "duplicates", "quarantined", "rejected"))


def activity(tenant: Tenant, external_id: str) -> dict[str, Any]:
    return get(tenant, f"activities/by/external_id/{external_id}")


def links(tenant: Tenant, external_id: str) -> set[tuple[str, str]]:
    return {(link["object"], link["record_id"]) for link in activity(tenant, external_id)["links"]}


def test_a_call_is_one_activity_in_whatever_order_its_callbacks_come(tenant: Tenant) -> None:
    contact = make(tenant, "contacts", last_name="Buyer", phone="+1 202 555-0117")
    provider = Provider(tenant, "twilio", TOKEN)
    steps = ("ringing", "completed", "recording")
    for number, order in enumerate(itertools.permutations(steps)):
        call = f"CA{number:032}"
        for step in (*order, order[0]):
            answer = provider.twilio({**TWILIO[step], "CallSid": call, **({"RecordingSid": f"RE{number}"} if step == "recording" else {})})
            assert answer.status_code == 200, answer.text
            assert answer.headers["Content-Type"] == "text/xml" and "<Response>" in answer.text
        shown = activity(tenant, call)
        assert (shown["type"], shown["direction"], shown["status"], shown["outcome"], shown["duration_s"]) == (
            "call", "in", "done", "answered", 95), order
        assert shown["started_at"].startswith("2026-11-01T10:00:00") and shown["ended_at"].startswith("2026-11-01T10:01:45"), order
        assert shown["recording_url"] == TWILIO["recording"]["RecordingUrl"] and shown["source"] == "sync"
        assert links(tenant, call) == {("contact", contact)}, order
    assert provider.totals() == (24, 18, 6, 0, 0), "every callback is accounted for, a repeated one as a duplicate"
    shown = [item["data"] for item in get(tenant, f"contacts/{contact}/timeline")["items"] if item["kind"] == "activity"]
    assert len(shown) == 6 and {item["outcome"] for item in shown} == {"answered"}


def test_texts_and_calls_of_both_providers(tenant: Tenant) -> None:
    lead = make(tenant, "leads", last_name="New", phone=BUYER)
    twilio, openphone = Provider(tenant, "twilio", TOKEN), Provider(tenant, "openphone", KEY)
    assert twilio.twilio(TWILIO["sms"]).status_code == 200
    text = activity(tenant, TWILIO["sms"]["MessageSid"])
    assert (text["type"], text["direction"], text["status"], text["body"]) == ("sms", "in", "done", TWILIO["sms"]["Body"])
    assert twilio.twilio(TWILIO["no_answer"]).status_code == 200
    tried = activity(tenant, TWILIO["no_answer"]["CallSid"])
    assert (tried["direction"], tried["status"], tried["outcome"], tried["duration_s"]) == ("out", "done", "no_answer", 0)
    for step in ("recording", "completed", "message"):
        answer = openphone.openphone(OPENPHONE[step])
        assert (answer.status_code, answer.json()["accepted"]) == (200, 1), answer.text
    call = activity(tenant, OPENPHONE["completed"]["data"]["object"]["id"])
    assert (call["direction"], call["status"], call["outcome"], call["duration_s"]) == ("in", "done", "answered", 240)
    assert call["recording_url"] == "https://storage.openphone.example/recording.mp3"
    message = activity(tenant, OPENPHONE["message"]["data"]["object"]["id"])
    assert (message["type"], message["body"], message["thread_id"]) == ("sms", "Hello, world!", "CN78ba0373683c48fd8fd96bc836c51f79")
    for shown in (text, tried, call, message):
        assert [(link["object"], link["record_id"]) for link in shown["links"]] == [("lead", lead)], shown


def test_a_number_finds_who_has_it_and_a_switchboard_its_account(tenant: Tenant) -> None:
    provider = Provider(tenant, "twilio", TOKEN)
    account = make(tenant, "accounts", name="Acme")
    numbers = itertools.count(1)

    def call(number: str) -> set[tuple[str, str]]:
        sid = f"CA{next(numbers):032}"
        assert provider.twilio({**TWILIO["completed"], "CallSid": sid, "From": number}).status_code == 200
        return links(tenant, sid)

    assert call("+12025550150") == set(), "nobody has it: the call is there all the same"
    people = [make(tenant, "contacts", last_name="A", phone=BUYER, accounts=[{"account_id": account}])]
    assert call(BUYER) == {("contact", people[0])}
    channels = [{"kind": "mobile", "value": "+1 (202) 555-0117"}, {"kind": "phone", "value": "+12025550118", "invalid": True}]
    people.append(make(tenant, "contacts", last_name="B", channels=channels, accounts=[{"account_id": account}]))
    assert call(BUYER) == {("contact", person) for person in people}, "a channel counts"
    assert call("+12025550118") == set(), "unless it does not work"
    people += [make(tenant, "contacts", last_name=f"C{n}", phone=BUYER, accounts=[{"account_id": account}], allow_duplicate=True)
               for n in range(2)]
    assert call(BUYER) == {("account", account)}, "four of one account: its switchboard"
    make(tenant, "contacts", last_name="D", phone=BUYER, accounts=[{"account_id": make(tenant, "accounts", name="Other")}])
    assert call(BUYER) == set(), "of several accounts: nobody's"
    desk = make(tenant, "accounts", name="Desk", phone="+1 202 555 0119")
    assert call("+12025550119") == {("account", desk)}


def test_what_is_not_signed_is_not_believed(tenant: Tenant) -> None:
    twilio, openphone = Provider(tenant, "twilio", TOKEN), Provider(tenant, "openphone", KEY)
    refused = [
        twilio.twilio(TWILIO["completed"], signed={**TWILIO["completed"], "CallDuration": "1"}),
        twilio.twilio(TWILIO["completed"], **{"X-Twilio-Signature": "RSOYDt4T1cUTdK1PDd93/VVr8B8="}),
        twilio.twilio(TWILIO["completed"], **{"X-Forwarded-Host": "elsewhere.example"}),
        openphone.openphone(OPENPHONE["completed"], at_ms=int(time.time() * 1000) - 400_000),
        requests.post(tenant.server.base_url + twilio.path, data=TWILIO["completed"], timeout=30),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in refused] == [
        (401, "invalid_signature"), (401, "invalid_signature"), (401, "invalid_signature"), (401, "signature_expired"),
        (401, "missing_signature")]
    assert tenant.get("/v1/activities").json()["items"] == []
    assert twilio.totals() == (0, 0, 0, 0, 0)


def test_what_cannot_be_an_activity_is_kept_and_processed_after_a_change(tenant: Tenant) -> None:
    def mapping(duration: str) -> dict[str, Any]:
        return {
            "name": "pbx", "id": "{call}", "type": "{event}",
            "signature": {"header": "X-Sign", "encoding": "hex", "signed": "{body}"},
            "events": [{"types": ["hangup"], "activities": [{
                "type": "call", "id": {"$path": "call"}, "direction": "in", "status": "done", "duration_s": {"$path": duration}}]}]}

    provider = Provider(tenant, mapping("length"), "a secret of the exchange")

    def send(payload: Any) -> requests.Response:
        body = json.dumps(payload).encode()
        return requests.post(tenant.server.base_url + provider.path, data=body, timeout=30, headers={
            "X-Sign": hmac.new(b"a secret of the exchange", body, hashlib.sha256).hexdigest(), "Content-Type": "application/json"})

    answer = send({"call": "p1", "event": "hangup", "length": "long", "seconds": 7})
    assert (answer.status_code, answer.json()["quarantined"]) == (200, 1)
    (item,) = tenant.get("/v1/quarantine?code=invalid_activity").json()["items"]
    assert item["message"] == "Of hangup: duration_s must be a whole number."
    assert send({"event": "hangup"}).json()["quarantined"] == 1
    assert tenant.api("PUT", f"{provider.source}/webhook", {"mapping": mapping("seconds")}).status_code == 200
    done = tenant.server.cli("quarantine", "reprocess", "--tenant", tenant.slug, "--code", "invalid_activity")
    assert done["counts"]["accepted"] == 1
    assert activity(tenant, "p1")["duration_s"] == 7
    for wrong, pointer in [({"id": None}, "/events/0/activities/0/id"), ({"nonsense": 1}, "/events/0/activities/0/nonsense")]:
        own = mapping("seconds")
        own["events"][0]["activities"][0].update(wrong)
        if wrong.get("id", 1) is None:
            del own["events"][0]["activities"][0]["id"]
        refused = tenant.api("PUT", f"{provider.source}/webhook", {"mapping": own})
        assert (refused.status_code, refused.json()["errors"][0]["pointer"].removeprefix("/mapping")) == (422, pointer)


def test_nobody_else_makes_activities_by_an_event(tenant: Tenant) -> None:
    forged = {"userId": "u", "event": "Phone Call", "context": {"activity": True}, "properties": {"id": "x", "type": "call"}}
    assert tenant.ingest("track", forged).status_code == 200
    assert tenant.get("/v1/activities").json()["items"] == []
