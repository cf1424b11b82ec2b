"""Faults that a review found, each as it showed: what was wrong came out of several features that met."""

from __future__ import annotations

from typing import Any

import pytest
import requests

from server import Tenant

Json = dict[str, Any]


def sent(tenant: Tenant, kind: str, body: Json, status: int = 200, key: str | None = None) -> None:
    answer = requests.post(
        f"{tenant.server.base_url}/v1/{kind}", json=body, auth=(key or tenant.write_key, ""), timeout=60)
    assert answer.status_code == status, answer.text


def agreed(tenant: Tenant, user: str, traits: Json, message: str) -> None:
    sent(tenant, "identify", {
        "userId": user, "traits": traits, "messageId": message, "context": {"consent": {"categoryPreferences": {"news": True}}}})


def state(tenant: Tenant, user: str, channel: str) -> str:
    profile = tenant.get(f"/v1/profiles/by/user_id/{user}").json()["id"]
    answer = tenant.post("/v1/consent:check", {"profiles": [profile], "channel": channel, "purpose": "news"})
    assert answer.status_code == 200, answer.text
    return answer.json()["items"][0]["state"]


def test_nothing_goes_to_an_address_that_is_suppressed_whoever_owns_it(tenant: Tenant) -> None:
    agreed(tenant, "s1", {"phone": "+49 30 12345690"}, "s1")
    sent(tenant, "identify", {"userId": "own", "traits": {"email": "shared@x.example"}})
    agreed(tenant, "other", {"email": "Shared@x.example"}, "other")
    assert (state(tenant, "s1", "sms"), state(tenant, "other", "email")) == ("allowed", "allowed")
    for kind, value in [("phone", "+493012345690"), ("email", "shared@x.example")]:
        assert tenant.post("/v1/privacy/suppress", {"type": kind, "value": value, "all": True}).status_code == 200
    assert (state(tenant, "s1", "sms"), state(tenant, "other", "email")) == ("suppressed", "suppressed")
    for channel in ("sms", "email"):
        assert tenant.get(f"/v1/consent/recipients?channel={channel}&purpose=news").json()["items"] == []


def test_a_number_that_opted_out_stays_so_however_it_is_written(tenant: Tenant) -> None:
    agreed(tenant, "q1", {"phone": "+493012345681"}, "q1")
    contact = tenant.post("/v1/contacts", {"last_name": "Q", "profile": {"type": "user_id", "value": "q1"}}).json()["id"]
    out = {"channels": [{"kind": "phone", "value": "+493012345681", "opted_out": True}]}
    assert tenant.api("PATCH", f"/v1/contacts/{contact}", out).status_code == 200
    assert state(tenant, "q1", "sms") == "opted_out"
    sent(tenant, "identify", {"userId": "q1", "traits": {"phone": "+49 30 12345681"}, "messageId": "q2"})
    assert state(tenant, "q1", "sms") == "opted_out"


@pytest.mark.parametrize("zone", ["+99:00", "+16:00", "-23"])
def test_a_time_of_no_zone_is_a_text_and_stops_nothing(tenant: Tenant, zone: str) -> None:
    for number in range(20):
        sent(tenant, "identify", {"userId": f"u{number}", "traits": {"renewal": "2026-01-01T10:00:00Z"}, "messageId": f"u{number}"})
    tenant.server.cli("bi", "promote", "--tenant", tenant.slug)
    sent(tenant, "identify", {"userId": "u0", "traits": {"renewal": f"2026-01-01T10:00:00{zone}"}, "messageId": "late"})
    tenant.server.cli("bi", "promote", "--tenant", tenant.slug)
    sent(tenant, "identify", {"userId": "u0", "traits": {"name": "Still here"}, "messageId": "later"})
    assert tenant.get("/v1/profiles/by/user_id/u0").json()["traits"]["name"] == "Still here"


def merged(tenant: Tenant, winner: str, loser: str) -> Json:
    ends = {side: {"type": "user_id", "value": user} for side, user in [("winner", winner), ("loser", loser)]}
    answer = tenant.post("/v1/merges", {**ends, "ref": f"{winner}-{loser}"})
    assert answer.status_code in (201, 202), answer.text
    return answer.json()


def test_what_has_ended_is_said_after_an_erasure_too(tenant: Tenant) -> None:
    for user in ("a", "b", "c", "d"):
        sent(tenant, "identify", {"userId": user, "traits": {"n": user}})
    merge = merged(tenant, "a", "b")
    assert tenant.post(f"/v1/merges/{merge['id']}:undo").status_code == 200
    for user, group in [("c", "g1"), ("d", "g2")]:
        sent(tenant, "group", {"userId": user, "groupId": group, "traits": {"name": group}})
        assert tenant.post("/v1/contacts", {"last_name": user, "profile": {"type": "user_id", "value": user}}).status_code == 201
    review = merged(tenant, "c", "d")
    assert review["state"] == "review", review
    for user in ("b", "d"):
        assert tenant.post("/v1/privacy/erase", {"type": "user_id", "value": user}).status_code == 200
    again = tenant.post(f"/v1/merges/{merge['id']}:undo")
    assert again.status_code == 409 and again.json()["code"] in ("already_undone", "erased"), again.text
    for verb in ("approve", "reject"):
        late = tenant.post(f"/v1/merge-reviews/{review['id']}:{verb}")
        assert (late.status_code, late.json()["code"]) == (409, "already_decided"), late.text


def test_an_event_of_an_import_makes_an_account_that_lacks_a_required_field(tenant: Tenant) -> None:
    cli = tenant.server.cli
    cli("source", "create", "hist", "--kind", "import", "--tenant", tenant.slug)
    key = cli("key", "create", "--kind", "write", "--source", "hist", "--tenant", tenant.slug)["key"]
    field = {"name": "cf_segment", "label": "Segment", "type": "text", "required": True}
    assert tenant.post("/v1/objects/accounts/fields", field).status_code == 201
    assert tenant.post("/v1/accounts", {"name": "By hand"}).status_code == 422
    sent(tenant, "group", {"userId": "u1", "groupId": "G1", "traits": {"name": "Globex"}, "messageId": "g1"}, key=key)
    assert tenant.get("/v1/accounts?group_id=G1").json()["items"][0]["name"] == "Globex"


@pytest.mark.parametrize("object, body", [
    ("opportunities", {"close_date": "0000-01-01"}), ("activities", {"type": "call", "started_at": "0001-01-01T00:00:00+23:00"}),
    ("activities", {"type": "call", "started_at": "9999-12-31T23:59:59-23:00"}),
])
def test_a_year_that_no_calendar_here_has_is_refused(tenant: Tenant, object: str, body: Json) -> None:
    (field,) = set(body) - {"type"}
    answer = tenant.post(f"/v1/{object}", {"name": "X", "account_id": None, **body} if object == "opportunities" else body)
    assert answer.status_code == 422 and f"/{field}" in answer.text, answer.text
    assert tenant.get(f"/v1/{object}", params={field: body[field]}).status_code == 400
    item = {"op": "create", "data": body}
    assert tenant.post(f"/v1/{object}:batch", {"items": [item]}).json()["results"][0]["status"] == 422


def test_a_sum_beyond_its_column_is_refused(tenant: Tenant) -> None:
    account = tenant.post("/v1/accounts", {"name": "Acme"}).json()["id"]
    product = tenant.post("/v1/products", {"name": "Machine", "sku": "m1"}).json()["id"]
    large = {"product_id": product, "quantity": 999_999_999_999_999, "unit_price": "999999999999999"}
    body = {"name": "Large", "account_id": account, "currency": "EUR", "products": [large]}
    answer = tenant.post("/v1/opportunities", body)
    assert answer.status_code == 422 and answer.json()["code"] == "out_of_range", answer.text


def test_months_of_dates_are_those_that_were_written(tenant: Tenant) -> None:
    account = tenant.post("/v1/accounts", {"name": "Acme"}).json()["id"]
    body = {"name": "Deal", "account_id": account, "close_date": "2026-01-01"}
    assert tenant.post("/v1/opportunities", body).status_code == 201
    asked = {"group": [{"field": "close_date", "by": "month"}], "measures": [{"fn": "count"}]}
    answer = tenant.post("/v1/opportunities:aggregate", asked)
    assert answer.status_code == 200 and answer.json()["items"][0]["group"]["close_date"] == "2026-01-01", answer.text
